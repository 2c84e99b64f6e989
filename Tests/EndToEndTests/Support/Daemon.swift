import Foundation
import Glibc
import Subprocess
import Synchronization
import SystemPackage
import Testing

/// A daemon that runs for a part of a test.
final class Daemon: Sendable {
    let pid: pid_t
    let logPath: String
    private let sent = Mutex<Int32?>(nil)

    init(pid: pid_t, logPath: String) {
        self.pid = pid
        self.logPath = logPath
    }

    /// Ends it as a power cut would.
    func kill() { end(SIGKILL) }

    /// Asks it to stop; the end of its part waits until it has.
    func terminate() { end(SIGTERM) }

    func reload() { Glibc.kill(pid, SIGHUP) }

    func log() -> String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    var isAlive: Bool { Programs.isAlive(pid) }

    /// The signal that ends it, once one was sent.
    var ending: Int32? { sent.withLock { $0 } }

    private func end(_ signal: Int32) {
        sent.withLock { $0 = signal }
        Glibc.kill(pid, signal)
    }
}

extension Estate {
    /// Runs a daemon while `body` runs, from its readiness on, and ends it however `body` ends.
    ///
    /// A daemon that was not killed must end with 0 after SIGTERM.
    ///
    /// - Parameter launcher: A command to start it with, such as `Nobody.launcher`.
    func withDaemon<Value: Sendable>(
        _ options: String..., launcher: [String] = [], body: (Daemon) async throws -> Value
    ) async throws -> Value {
        let logPath = "\(root)/daemon-\(UInt32.random(in: .min ... .max)).log"
        let log = try FileDescriptor.open(
            logPath, .writeOnly, options: [.create, .append, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        let words =
            launcher + [
                Programs.holdfast, "daemon", "--config", configuration, "--state-directory",
                state, "--socket", socket,
            ] + options
        let result = try await Subprocess.run(
            words[0].hasPrefix("/") ? .path(FilePath(words[0])) : .name(words[0]),
            arguments: Arguments(Array(words.dropFirst())), input: .none,
            output: .discarded,
            error: .fileDescriptor(log, closeAfterSpawningProcess: true)
        ) { execution in
            let daemon = Daemon(pid: execution.processIdentifier.value, logPath: logPath)
            let value: Result<Value, any Error>
            do {
                try await waitUntilReady(daemon)
                value = .success(try await body(daemon))
            } catch {
                value = .failure(error)
            }
            if daemon.ending == nil { daemon.terminate() }
            do {
                try await eventually("the daemon's end", within: .seconds(30)) { !daemon.isAlive }
            } catch {
                daemon.kill()
                Issue.record("the daemon did not end after SIGTERM:\n\(daemon.log())")
            }
            return (value, daemon.ending)
        }
        let (value, ending) = result.closureResult
        let code = Programs.code(of: result.terminationStatus)
        switch value {
        case .success(let value):
            if ending == SIGTERM {
                #expect(code == 0, "the daemon's status after SIGTERM")
            }
            return value
        case .failure(let error):
            Issue.record(
                "the daemon's log:\n\((try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "")"
            )
            throw error
        }
    }

    private func waitUntilReady(_ daemon: Daemon) async throws {
        try await eventually("the daemon's readiness", within: .seconds(30)) {
            if daemon.log().contains(" notice   ready ") { return true }
            guard daemon.isAlive else {
                throw NeverHappened(description: "the daemon ended before it was ready")
            }
            return false
        }
    }

    /// Runs a daemon that has to refuse to start, and gives its end; it is killed when it does
    /// not refuse.
    func refusedDaemon(_ options: String...) async throws -> Ended {
        let words = [
            "20", Programs.holdfast, "daemon", "--config", configuration, "--state-directory",
            state, "--socket", socket,
        ]
        return try await Programs.run("timeout", ["--signal=KILL"] + words + options)
    }
}
