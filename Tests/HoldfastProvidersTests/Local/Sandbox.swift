import Foundation
import Glibc
import HoldfastCore
import HoldfastProviders

/// A clock that stands where the test puts it.
struct FixedClock: WallClock {
    var now: Timestamp
}

/// A directory of its own for one test, with a source, a repository and a provider; removed when
/// the test ends.
final class Sandbox: Sendable {
    static let opens = Timestamp(seconds: 1_774_746_000)  // 2026-03-29T01:00:00Z

    let path: String
    var source: String { path + "/source" }
    var repository: String { path + "/repository" }

    init() throws {
        let template = FileManager.default.temporaryDirectory.path + "/holdfast-test-XXXXXX"
        var bytes = Array(template.utf8CString)
        guard mkdtemp(&bytes) != nil else { throw SandboxError(words: "mkdtemp failed") }
        path = String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try FileManager.default.createDirectory(
            atPath: path + "/source", withIntermediateDirectories: false)
    }

    deinit { _ = try? runNow("rm", ["-rf", path]) }  // what stays is in the temporary directory

    func provider(tools: LocalTools? = nil, at now: Timestamp = opens + .minutes(5)) throws
        -> LocalProvider
    {
        LocalProvider(
            id: try ProviderID("disk"), repository: repository, wall: FixedClock(now: now),
            tellsClock: false, tools: tools, version: "1.2.3")
    }

    func target(_ subject: Subject, allowsUnreadable: Bool = false) throws -> Target {
        Target(
            id: try TargetID("etc"), provider: try ProviderID("disk"), subject: subject,
            allowsUnreadable: allowsUnreadable, policies: [try PolicyID("nightly")])
    }

    func request(_ target: Target, day: Int = 0) throws -> BackupRequest {
        let slot = SlotKey(
            assignment: Assignment(policy: try PolicyID("nightly"), target: target.id),
            opens: Self.opens + .days(day))
        return BackupRequest(target: target, slot: slot, token: slot.token, report: { _ in })
    }

    /// Backs up the source directory.
    func backUp(day: Int = 0, exclude: [String] = [], tools: LocalTools? = nil) async throws
        -> RemotePoint
    {
        let target = try target(.directory(path: source, exclude: exclude))
        return try await backUp(target, day: day, tools: tools)
    }

    func backUp(_ target: Target, day: Int = 0, tools: LocalTools? = nil) async throws
        -> RemotePoint
    {
        let progress = try await provider(tools: tools).start(request(target, day: day))
        guard case .finished(let point) = progress else {
            throw SandboxError(words: "the backup did not end")
        }
        return point
    }

    func folder(of point: RemotePoint) -> String { "\(repository)/\(point.remoteID)" }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: source + "/" + name))
    }

    /// A program for the shell. Another process writes it: what this one has open for writing is open, for a
    /// moment, in all that other tests start just then, and can't be executed as long.
    func program(_ name: String, _ lines: String) async throws -> String {
        let file = path + "/" + name
        try await run(
            "bash",
            [
                "-c", #"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod 755 "$0""#, file, lines,
            ])
        return file
    }

    /// The names in the target's folder of the repository, hidden ones among them.
    func stored() throws -> [String] {
        guard FileManager.default.fileExists(atPath: repository + "/etc") else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: repository + "/etc").sorted()
    }
}

struct SandboxError: Error {
    let words: String
}

/// Runs a program of the system to its end.
///
/// - Returns: What it printed.
@discardableResult
func run(_ program: String, _ arguments: [String], in directory: String? = nil) async throws
    -> String
{
    let result = await withCheckedContinuation { continuation in
        DispatchQueue(label: "run").async {  // waits on a thread that no other test needs
            continuation.resume(
                returning: Result { try runNow(program, arguments, in: directory) })
        }
    }
    return try result.get()
}

/// The same for where nothing can be awaited.
@discardableResult
func runNow(_ program: String, _ arguments: [String], in directory: String? = nil) throws
    -> String
{
    var pipe: [Int32] = [0, 0]
    guard Glibc.pipe(&pipe) == 0 else { throw SandboxError(words: "pipe failed") }
    for descriptor in pipe { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor: Int32 in [1, 2] {
        posix_spawn_file_actions_adddup2(&actions, pipe[1], descriptor)
    }
    let place = directory.map { ["-C", $0] } ?? []
    var words = (["env"] + place + [program] + arguments).map { strdup($0) } + [nil]
    var variables =
        ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + variables { free(text) } }
    var pid: pid_t = 0
    // Foundation's Process has crashed here, with many connections open beside it.
    let code = posix_spawn(&pid, "/usr/bin/env", &actions, nil, &words, &variables)
    close(pipe[1])
    defer { close(pipe[0]) }
    guard code == 0 else { throw SandboxError(words: "\(program) can't be started: \(code)") }
    var data: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(pipe[0], &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        data += buffer[..<count]
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let text = String(decoding: data, as: UTF8.self)
    guard status == 0 else {
        throw SandboxError(words: "\(program) \(arguments): \(text)")
    }
    return text
}

/// The error that some work ends with; `nil` when it succeeds.
func providerError(_ work: () async throws -> Void) async -> ProviderError? {
    do {
        try await work()
        return nil
    } catch {
        return error as? ProviderError
    }
}
