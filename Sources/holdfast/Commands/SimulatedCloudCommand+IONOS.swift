import ArgumentParser
import SimulatedClouds

extension SimulatedCloudCommand {
    /// Refuses limits that the vendor does not have; no limit is fine with all.
    func validateRates() throws {
        switch vendor {
        case .digitalocean, .contabo:
            guard rateBurst == nil else {
                throw ValidationError(
                    "\(vendor.rawValue) has no limit at one time; use --rate-minute and --rate-hour"
                )
            }
        case .ionos:
            guard (rateHour ?? 0) == 0 else {
                throw ValidationError(
                    "ionos has no limit by the hour; use --rate-minute and --rate-burst")
            }
        case .pieces:
            guard (rateHour ?? 0) == 0, (rateMinute ?? 0) == 0, rateBurst == nil else {
                throw ValidationError("pieces has no rate limit; leave --rate-… out")
            }
        }
    }

    func ionos(_ saved: [UInt8]?, _ clock: SimulatedClock) throws -> IONOSCloud {
        let wanted = try estate.map { text in
            try parsed { () throws(InvalidEstate) in try IONOSEstate(text) }
        }
        return try IONOSCloud(savedState: saved, estate: wanted ?? .small, clock: clock) {
            [actionSeconds, rateMinute, rateBurst, assignments] settings in
            settings.requestSeconds = actionSeconds ?? settings.requestSeconds
            settings.rateMinute = rateMinute ?? settings.rateMinute
            settings.rateBurst = rateBurst ?? settings.rateBurst
            try Self.assign(assignments, to: &settings)
        }
    }
}
