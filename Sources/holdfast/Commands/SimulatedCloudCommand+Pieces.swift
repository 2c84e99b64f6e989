import ArgumentParser
import SimulatedClouds

extension SimulatedCloudCommand {
    func pieces(_ saved: [UInt8]?, _ clock: SimulatedClock) throws -> PiecesCloud {
        let wanted = try estate.map { text in
            try parsed { () throws(InvalidEstate) in try PiecesEstate(text) }
        }
        return try PiecesCloud(savedState: saved, estate: wanted ?? .small, clock: clock) {
            [actionSeconds, assignments] settings in
            settings.backupSeconds = actionSeconds ?? settings.backupSeconds
            try Self.assign(assignments, to: &settings)
        }
    }

    /// Changes settings as the command line says; it has the last word.
    static func assign(
        _ assignments: [String], to settings: inout some CloudSettings
    ) throws {
        do throws(InvalidSetting) {
            for assignment in assignments { try settings.set(assignment) }
        } catch {
            throw ValidationError("--set: \(error)")
        }
    }
}
