import Foundation
import Testing

/// The history as an auditor reads it: with the `sqlite3` program.
struct History: Sendable {
    let path: String

    /// The rows of a query, each value as text.
    func rows(_ sql: String) async throws -> [[String]] {
        let ended = try await Programs.run(
            "sqlite3", ["-readonly", "-cmd", ".timeout 10000", "-separator", "\u{1F}", path, sql])
        try #require(ended.code == 0, "\(sql): \(ended.err)")
        return ended.out.split(separator: "\n").map {
            $0.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// The only value of a query.
    func value(_ sql: String) async throws -> String {
        let rows = try await rows(sql)
        return try #require(rows.first?.first, "\(sql) has no row")
    }

    /// Changes the file while no daemon uses it.
    func change(_ sql: String) async throws {
        let ended = try await Programs.run("sqlite3", ["-bail", path, sql])
        try #require(ended.code == 0, "\(sql): \(ended.err)")
    }

    /// The attempts at the backups of a target, oldest first, as `STATE`.
    func runs(of target: String = "documents") async throws -> [String] {
        try await rows(
            """
            SELECT state FROM audit_runs WHERE kind = 'backup' AND target = '\(target)' ORDER BY id
            """
        ).map { $0[0] }
    }

    /// Works the audit log's chain out anew: each entry's hash must be the SHA-256 of the hash
    /// before it and the entry's canonical JSON.
    ///
    /// - Returns: The number of entries.
    @discardableResult
    func checkChain(in scratch: String) async throws -> Int {
        let entries = try await rows(
            """
            SELECT id, at, kind, actor, policy IS NULL, policy, target IS NULL, target,
                ifnull(job, 'null'), token IS NULL, token, detail, lower(hex(hash))
            FROM event ORDER BY id
            """)
        try FileManager.default.createDirectory(
            atPath: scratch, withIntermediateDirectories: true)
        var previous = [UInt8](repeating: 0, count: 32)
        for (index, entry) in entries.enumerated() {
            try #require(entry[0] == String(index + 1), "an entry of the audit log is missing")
            let json =
                "{\"actor\":\(quoted(entry[3])),\"at\":\(entry[1]),\"detail\":\(entry[11]),"
                + "\"id\":\(entry[0]),\"job\":\(entry[8]),\"kind\":\(quoted(entry[2])),"
                + "\"policy\":\(optional(entry, 4)),\"target\":\(optional(entry, 6)),"
                + "\"token\":\(optional(entry, 9))}"
            try Data(previous + Array(json.utf8)).write(
                to: URL(fileURLWithPath: "\(scratch)/\(entry[0])"))
            previous = bytes(entry[12])
        }
        let sums = try await Programs.run(
            "sha256sum", entries.map { "\(scratch)/\($0[0])" })
        let computed = sums.out.split(separator: "\n").map { String($0.prefix(64)) }
        #expect(computed == entries.map { $0[12] }, "the audit log's chain is broken")
        return entries.count
    }

    private func optional(_ entry: [String], _ index: Int) -> String {
        entry[index] == "1" ? "null" : quoted(entry[index + 1])
    }

    /// RFC 8785's string, for the plain text that names and actors are.
    private func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
    }
}
