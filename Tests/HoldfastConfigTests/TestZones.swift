import Foundation
import HoldfastConfig
import HoldfastCore

/// The machine's tzdata, with a fixed list of names for suggestions and one zone that is broken.
struct TestZones: ZoneDatabase {
    let names = [
        "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Europe/Berlin", "Europe/London",
        "UTC",
    ]

    func rules(named name: String) throws(ZoneError) -> TimeZoneRules {
        if name == "Test/Broken" { throw .unusable("it is cut off after 40 bytes") }
        guard names.contains(name) else { throw .unknown }
        guard let data = FileManager.default.contents(atPath: "/usr/share/zoneinfo/" + name) else {
            throw .unusable("tzdata is not installed")
        }
        do {
            return try TimeZoneRules(name: name, tzif: [UInt8](data))
        } catch {
            throw .unusable(error.reason)
        }
    }
}

/// 2026-06-15T12:00:00Z; the windows of 2026 and 2027 are looked at.
let testNow = Timestamp(seconds: 1_781_524_800)

/// A directory that goes away with its owner.
final class ScratchDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "holdfast-config-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path + "/conf.d", withIntermediateDirectories: true)
    }

    deinit {
        // What can't be removed is the system's to clean up.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file and gives its path.
    func write(_ text: String, to name: String = "holdfast.yaml") throws -> String {
        try write(Data(text.utf8), to: name)
    }

    func write(_ data: Data, to name: String) throws -> String {
        let file = path + "/" + name
        try data.write(to: URL(fileURLWithPath: file))
        return file
    }
}

/// Loads a file and gives the errors' text, paths relative to its directory; `nil` when it is
/// valid.
func failure(of path: String) -> String? {
    do {
        _ = try ConfigurationLoader(zones: TestZones()).load(path: path, now: testNow)
        return nil
    } catch {
        let directory = path.split(separator: "/").dropLast().joined(separator: "/")
        return error.description.replacingOccurrences(of: "/\(directory)/", with: "")
    }
}
