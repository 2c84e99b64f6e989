import Foundation
import HoldfastCore

/// The compiled zones beside these tests, tzdata 2025b, so that no result depends on the
/// machine's own copy. `slim` and `fat` are the two forms that zic writes.
enum ZoneFiles {
    static let slimNames = [
        "Africa/Cairo", "Africa/Casablanca", "America/Asuncion", "America/Havana",
        "America/New_York", "America/Nuuk", "America/Santiago", "America/Sao_Paulo",
        "America/St_Johns", "Antarctica/Troll", "Asia/Amman", "Asia/Beirut", "Asia/Gaza",
        "Asia/Kathmandu", "Asia/Tehran", "Atlantic/Azores", "Australia/Lord_Howe", "Etc/UTC",
        "Europe/Berlin", "Europe/Dublin", "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham",
        "Pacific/Kiritimati", "Pacific/Kwajalein",
    ]

    static let fatNames = [
        "Africa/Casablanca", "Australia/Lord_Howe", "Europe/Berlin", "Europe/Dublin",
        "Pacific/Apia",
    ]

    static func bytes(_ path: String) throws -> [UInt8] {
        let directory = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: directory.appending(path: "Zones/\(path)")))
    }

    static func rules(_ name: String, form: String) throws -> TimeZoneRules {
        try TimeZoneRules(name: name, tzif: bytes("\(form)/\(name)"))
    }

    /// The slim form, read once.
    static func rules(_ name: String) throws -> TimeZoneRules {
        guard let zone = slim[name] else { return try rules(name, form: "slim") }
        return try zone.get()
    }

    private static let slim = Dictionary(
        uniqueKeysWithValues: slimNames.map { name in
            (name, Result { try rules(name, form: "slim") })
        })
}
