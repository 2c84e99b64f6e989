import Foundation
import HoldfastCore

/// Everything that a simulated DigitalOcean account holds. It is a value: what a request does to it
/// is a function of the request and the instant.
struct DigitalOceanState: Codable, Sendable {
    var settings = DigitalOceanSettings()
    var tokens: [SimulatedToken] = []
    var account = SimulatedAccount()
    var supportedPolicies: [SimulatedPlan] = Self.publishedPlans
    var droplets = SortedRows<SimulatedDroplet>()
    var actions = SortedRows<SimulatedAction>()
    var images = SortedRows<SimulatedImage>()
    var volumes = SortedRows<SimulatedVolume>()
    var volumeSnapshots = SortedRows<SimulatedVolumeSnapshot>()
    /// Ids of the actions in progress, the first to end at the end.
    var running: [Int64] = []
    /// The id of the next action or image.
    var nextNumber: Int64 = 36_804_636
    /// No automatic backup is made or removed before this; `nil`: look.
    var nextVendorDeed: Stamp?
    /// The instant that the state was brought to last.
    var settledAt: Stamp?

    static let weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    private static let starts: [Int64] = [0, 4, 8, 12, 16, 20]

    /// The two plans that the vendor's specification has.
    static let publishedPlans = [
        SimulatedPlan(
            name: "weekly", possibleWindowStarts: starts, windowLengthHours: 4,
            retentionPeriodDays: 28, possibleDays: weekdays),
        SimulatedPlan(
            name: "daily", possibleWindowStarts: starts, windowLengthHours: 4,
            retentionPeriodDays: 7, possibleDays: []),
    ]

    /// A number that no action or image has had.
    mutating func takeNumber() -> Int64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    /// Brings the state to an instant: actions end, automatic backups appear and expire, each when
    /// it is due. A clock that was set back changes nothing.
    mutating func settle(at now: Timestamp) {
        while let id = running.last, let action = actions[id], action.dueAt.instant <= now {
            makeVendorBackups(until: action.dueAt.instant)
            running.removeLast()
            end(action)
        }
        makeVendorBackups(until: now)
        settledAt = Stamp(now)
    }
}

extension DigitalOceanState {
    /// A droplet, or a 404.
    func droplet(_ id: Int64) throws(DigitalOceanRefusal) -> SimulatedDroplet {
        guard let droplet = droplets[id] else { throw .notFound }
        return droplet
    }

    /// A snapshot or backup, or a 404.
    func image(_ id: Int64) throws(DigitalOceanRefusal) -> SimulatedImage {
        guard let image = images[id] else { throw .notFound }
        return image
    }

    /// A volume, or a 404.
    func volume(_ id: String) throws(DigitalOceanRefusal) -> SimulatedVolume {
        guard let volume = volumes[id.lowercased()] else { throw .notFound }
        return volume
    }

    /// Reads a saved state.
    ///
    /// - Throws: `DecodingError`, with the place.
    init(json bytes: [UInt8]) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(DigitalOceanState.self, from: Data(bytes))
    }

    /// The state as `init(json:)` reads it, with sorted keys.
    func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(self))
    }
}
