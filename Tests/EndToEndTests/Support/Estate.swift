import Foundation
import Glibc
import Testing

/// A machine in a directory of its own: things to back up, a configuration, a repository, a state
/// directory and a socket. Removed with the value.
final class Estate: Sendable {
    let root: String

    init() throws {
        var template = Array("/tmp/holdfast-e2e.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil, "no directory can be made in /tmp")
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        for folder in ["etc", "state", "documents"] { try makeDirectory(folder) }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }  // /tmp is swept anyway

    var configuration: String { root + "/etc/holdfast.yaml" }
    var state: String { root + "/state" }
    var socket: String { root + "/holdfast.sock" }
    var repository: String { root + "/repository" }
    var documents: String { root + "/documents" }
    var history: History { History(path: state + "/history.sqlite") }

    // MARK: Files

    func makeDirectory(_ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: "\(root)/\(name)", withIntermediateDirectories: true)
    }

    @discardableResult
    func write(_ text: String, to name: String, mode: mode_t = 0o644) throws -> String {
        let path = "\(root)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        chmod(path, mode)
        return path
    }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(name)", encoding: .utf8)
    }

    func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(root)/\(name)")
    }

    /// A program for a hook to run.
    func script(_ name: String, _ lines: String) throws -> String {
        try write("#!/bin/sh\n\(lines)\n", to: name, mode: 0o755)
    }

    /// Names in a target's folder of the repository, hidden ones among them.
    func stored(_ target: String = "documents") throws -> [String] {
        let path = "\(repository)/\(target)"
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    /// The points of a target that the repository shows.
    func points(of target: String = "documents") throws -> [String] {
        try stored(target).filter { !$0.hasPrefix(".") }
    }

    /// What is being written, or was when a daemon died.
    func halfMade(_ target: String = "documents") throws -> [String] {
        try stored(target).filter { $0.hasSuffix(".partial") }
    }

    // MARK: Configuration

    /// A target `documents` under one policy; more of each as YAML.
    func configure(
        policy: String, more policies: [String] = [], documents options: String = "",
        targets: [String] = []
    ) throws {
        try configure(
            policies: ["main: \(policy)"] + policies,
            targets: [
                "{ name: documents, provider: disk, directory: \(documents), policy: main\(options) }"
            ]
                + targets)
    }

    func configure(policies: [String], targets: [String], top: String = "") throws {
        let text = """
            version: 1
            \(top)
            providers:
              disk: { type: local, repository: \(repository) }
            policies:
            \(policies.map { "  " + $0 }.joined(separator: "\n"))
            targets:
            \(targets.map { "  - " + $0 }.joined(separator: "\n"))

            """
        try write(text, to: "etc/holdfast.yaml")
    }

    // MARK: The command line

    /// Runs the binary against this estate.
    func holdfast(_ arguments: String..., launcher: [String] = []) async throws -> Ended {
        try await holdfast(arguments, launcher: launcher)
    }

    func holdfast(_ arguments: [String], launcher: [String] = []) async throws -> Ended {
        let all = launcher + [Programs.holdfast] + arguments
        return try await Programs.run(
            all[0], Array(all.dropFirst()),
            environment: ["HOLDFAST_SOCKET": socket, "STATE_DIRECTORY": state])
    }

    /// Asks the daemon for a backup and waits for its success.
    func backUp(_ target: String) async throws {
        let ended = try await holdfast("backup", target)
        try #require(ended.code == 0, "\(ended.err)")
    }

    /// What a listing prints as JSON.
    func json<Value: Decodable>(_ type: Value.Type, _ arguments: String...) async throws -> Value {
        let ended = try await holdfast(arguments + ["--json"])
        try #require(ended.code == 0, "\(arguments): \(ended.err)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(ended.out.utf8))
    }
}

/// Policies whose window stands as a test needs it, whatever the hour.
enum TestPolicy {
    /// No window is open, and none will be for hours: what happens was asked for.
    static func closed(_ more: String = "retention: { keep_last: all }") -> String {
        "{ plan: daily, at: \"\(clock(minutes: 12 * 60))\", window: 1h, \(more) }"
    }

    /// One window is open and stays so for hours.
    static func open(_ more: String = "retention: { keep_last: all }") -> String {
        "{ plan: daily, at: \"\(clock(minutes: -30))\", window: 4h, \(more) }"
    }

    /// Hourly; the last window closed ten minutes ago and the next one opens in forty.
    static func betweenHours(_ more: String = "retention: { keep_last: all }") -> String {
        let minute = (Int(time(nil)) / 60 + 40) % 60
        return "{ plan: hourly, at: \"00:\(two(minute))\", window: 10m, \(more) }"
    }

    /// The time of day in UTC, so many minutes from now.
    private static func clock(minutes: Int) -> String {
        let minute = (Int(time(nil)) / 60 + minutes + 1440) % 1440
        return "\(two(minute / 60)):\(two(minute % 60))"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// The listings' JSON, as far as the tests look at it.
struct Listing<Row: Decodable>: Decodable {
    let items: [Row]
}

struct PointRow: Decodable {
    let id: String
    let target: String
    let state: String
    let warnings: [String]
    let entries: Int?
}

struct RunRow: Decodable {
    let attempt: Int
    let state: String
    let adopted: Bool
    let token: String?
    let error: String?
    let errorKind: String?
    let output: String?
}

struct JobRow: Decodable {
    let id: Int
    let state: String
    let error: String?
}

struct StatusRow: Decodable {
    let targets: Int
    let jobsRunning: Int
    let configurationRejection: String?
}

struct ReviewRow: Decodable {
    let id: String
    let decision: String
    let reasons: [String]
    let floor: String?
}
