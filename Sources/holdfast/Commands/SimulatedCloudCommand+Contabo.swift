import ArgumentParser
import SimulatedClouds

extension SimulatedCloudCommand {
    /// Refuses a life of tokens that is no time, or where tokens do not run out.
    func validateTokens() throws {
        guard (1...31_536_000).contains(tokenSeconds ?? 1) else {
            throw ValidationError("--token-seconds is a number from 1 to 31536000")
        }
        guard tokenSeconds == nil || vendor == .contabo else {
            throw ValidationError(
                "--token-seconds is for contabo; tokens of \(vendor.rawValue) do not run out")
        }
    }

    func contabo(_ saved: [UInt8]?, _ clock: SimulatedClock) throws -> ContaboCloud {
        let wanted = try estate.map { text in
            try parsed { () throws(InvalidEstate) in try ContaboEstate(text) }
        }
        return try ContaboCloud(savedState: saved, estate: wanted ?? .small, clock: clock) {
            [actionSeconds, tokenSeconds, rateHour, rateMinute, assignments] settings in
            settings.snapshotSeconds = actionSeconds ?? settings.snapshotSeconds
            settings.accessTokenSeconds = tokenSeconds ?? settings.accessTokenSeconds
            settings.rateHour = rateHour ?? settings.rateHour
            settings.rateMinute = rateMinute ?? settings.rateMinute
            try Self.assign(assignments, to: &settings)
        }
    }
}
