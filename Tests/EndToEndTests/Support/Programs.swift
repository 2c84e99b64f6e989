import Foundation
import Glibc
import Subprocess
import SystemPackage
import Testing

/// How a program ended and what it printed.
struct Ended: Sendable {
    /// The exit status; the negative number of the signal that ended it.
    let code: Int32
    let out: String
    let err: String

    /// The output without the newline at its end.
    var line: String { out.trimmingCharacters(in: .newlines) }
}

/// The programs that the tests run.
enum Programs {
    /// The built binary: beside the test bundle, or where `HOLDFAST_BINARY` says.
    static let holdfast: String = {
        if let given = ProcessInfo.processInfo.environment["HOLDFAST_BINARY"] { return given }
        let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return bundle.deletingLastPathComponent().appending(path: "holdfast").path
    }()

    private static let outputMax = 8 << 20

    /// Runs a program of the system, found on the path, to its end.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:],
        input: String = ""
    ) async throws -> Ended {
        var changed: [Environment.Key: String?] = [:]
        for (key, value) in environment {
            if let key = Environment.Key(rawValue: key) { changed[key] = value }
        }
        let result = try await Subprocess.run(
            program.hasPrefix("/") ? .path(FilePath(program)) : .name(program),
            arguments: Arguments(arguments), environment: .inherit.updating(changed),
            input: .string(input), output: .string(limit: outputMax),
            error: .string(limit: outputMax))
        return Ended(
            code: code(of: result.terminationStatus), out: result.standardOutput,
            err: result.standardError)
    }

    /// Sends a body to an address.
    static func post(_ body: String, to url: String) async throws {
        let ended = try await run(
            "curl", ["--silent", "--show-error", "--fail", "--data", body, url])
        try #require(ended.code == 0, "\(ended.err)")
    }

    static func code(of status: TerminationStatus) -> Int32 {
        switch status {
        case .exited(let code): code
        case .signaled(let signal): -signal
        }
    }

    /// Whether a process is there and has not ended.
    static func isAlive(_ pid: pid_t) -> Bool {
        guard let line = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else {
            return false  // it has ended and was waited for
        }
        let state = line.split(separator: ")").last?.split(separator: " ").first
        return state != "Z" && state != "X"
    }
}

/// The user that the tests borrow when something must not be root.
enum Nobody {
    static let id = 65_534

    /// What to put before a command so that this user runs it.
    static let launcher = [
        "setpriv", "--reuid", "\(id)", "--regid", "\(id)", "--clear-groups", "--",
    ]

    /// Only root can become another user, and that user must reach the binary.
    static func isAvailable() async -> Bool {
        guard getuid() == 0 else { return false }
        let ended = try? await Programs.run(
            launcher[0], launcher.dropFirst() + [Programs.holdfast, "--version"])
        return ended?.code == 0
    }
}
