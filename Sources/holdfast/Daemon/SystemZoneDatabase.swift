import Foundation
import HoldfastCore

/// The system's own tz database, so that the administrator's updates count.
///
/// The files are read anew for every configuration that is loaded.
struct SystemZoneDatabase: ZoneDatabase {
    private let folder: String

    /// - Parameter folder: `TZDIR` where it is set, as the C library has it.
    init(
        folder: String = ProcessInfo.processInfo.environment["TZDIR"] ?? "/usr/share/zoneinfo"
    ) {
        self.folder = folder
    }

    func rules(named name: String) throws(ZoneError) -> TimeZoneRules {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isName =
            name.utf8.count <= 100 && !parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }
            && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isName else { throw .unknown }
        let path = "\(folder)/\(name)"
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            if name == "UTC" { return .utc }
            guard FileManager.default.fileExists(atPath: folder) else {
                throw .unusable(
                    "the folder \(folder) does not exist; install the package tzdata")
            }
            throw .unknown
        }
        guard !isFolder.boolValue else { throw .unknown }
        let bytes: [UInt8]
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { file.closeFile() }
            bytes = Array(try file.read(upToCount: TimeZoneRules.fileSizeMax + 1) ?? Data())
        } catch {
            throw .unusable("\(path) can't be read: \(error.localizedDescription)")
        }
        guard bytes.count <= TimeZoneRules.fileSizeMax else {
            throw .unusable("\(path) is too large for a zone file")
        }
        do {
            return try TimeZoneRules(name: name, tzif: bytes)
        } catch {
            throw .unusable("\(path) is not a usable zone file: \(error.reason)")
        }
    }

    var names: [String] {
        guard let walk = FileManager.default.enumerator(atPath: folder) else { return [] }
        var names: [String] = []
        for case let name as String in walk {
            if name == "right" || name == "posix" {
                walk.skipDescendants()
                continue
            }
            let isZone = name.first?.isUppercase ?? false
            if isZone, !name.contains(".") { names.append(name) }
        }
        return names.sorted()
    }
}
