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
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    let output = Foundation.Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: data, as: UTF8.self)
    guard process.terminationStatus == 0 else {
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
