import Foundation

/// Where a simulated cloud keeps its state between two runs: one JSON file.
public struct StateFile: Sendable {
    private let url: URL

    /// Names the file; nothing is read or written yet.
    public init(path: String) {
        url = URL(fileURLWithPath: path)
    }

    /// The bytes, or `nil` when there is no such file.
    ///
    /// - Throws: What the file system says when it is there and can't be read.
    public func load() throws -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        return [UInt8](try Data(contentsOf: url))
    }

    /// Replaces the file: a crash leaves the old one or the new one.
    ///
    /// - Throws: What the file system says.
    public func save(_ bytes: [UInt8]) throws {
        try Data(bytes).write(to: url, options: .atomic)
    }
}
