import Foundation
import Glibc
import HoldfastCore
import Subprocess
import SystemPackage

/// Runs hooks as child processes: no shell, a group of their own, a small environment, their output
/// bounded, the whole group killed when the time is over.
struct SubprocessHookRunner: HookRunner {
    /// What is kept of one hook's output, in bytes.
    private static let outputMax = 4 * 1024
    /// Between the polite signal and the final one.
    private static let killAfter = Duration.seconds(2)

    func run(
        _ hook: Hook, variables: [String: String], in directory: String?, mustEnd: Bool
    ) async -> HookResult {
        guard mustEnd else { return await perform(hook, variables: variables, in: directory) }
        // A task of its own is the only way out of a cancelled one; it ends before this returns.
        return await Task { await self.perform(hook, variables: variables, in: directory) }.value
    }

    private func perform(
        _ hook: Hook, variables: [String: String], in directory: String?
    ) async -> HookResult {
        var environment = variables
        for key in ["PATH", "LANG", "HOME"] {
            environment[key] = ProcessInfo.processInfo.environment[key]
        }
        environment["PATH"] =
            environment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .send(
                signal: .terminate, toProcessGroup: true,
                allowedDurationToNextStep: Self.killAfter)
        ]
        do {
            let result = try await Subprocess.run(
                .path(FilePath(hook.command[0])),
                arguments: Arguments(Array(hook.command.dropFirst())),
                environment: .custom(
                    Dictionary(
                        uniqueKeysWithValues: environment.compactMap { key, value in
                            Environment.Key(rawValue: key).map { ($0, value) }
                        })),
                workingDirectory: directory.map { FilePath($0) }, platformOptions: options,
                input: .none, output: .sequence,
                error: .combinedWithOutput
            ) { execution in
                await Self.watch(
                    execution.standardOutput, timeout: hook.timeout,
                    group: execution.processIdentifier.value)
            }
            let (output, end) = result.closureResult
            let failure =
                switch end {
                case .itself: Self.failure(result.terminationStatus)
                case .timeout: "was killed after \(DurationText.brief(hook.timeout)) (timeout)"
                case .stop: "was ended because the daemon stops"
                }
            return HookResult(failure: failure, output: output)
        } catch {
            return HookResult(
                failure: "can't be run: \(hook.command[0]): \(error)", output: "")
        }
    }

    /// What ended a hook.
    private enum End {
        case itself
        case timeout
        case stop
    }

    private enum Observed {
        case output([UInt8])
        case timer(End)
    }

    /// Reads the output to its end, or kills the group when the time is over.
    private static func watch(
        _ output: SubprocessOutputSequence, timeout: Duration, group: pid_t
    ) async -> (String, End) {
        await withTaskGroup(of: Observed.self) { tasks in
            tasks.addTask { .output(await Self.read(output)) }
            tasks.addTask {
                var end = End.timeout
                do {
                    try await ContinuousClock().sleep(for: timeout)
                } catch {
                    end = .stop  // or the hook ended, and nobody asks
                }
                kill(-group, SIGTERM)
                try? await ContinuousClock().sleep(for: killAfter)  // cancelled: no time for that
                return .timer(end)
            }
            var end = End.itself
            var bytes: [UInt8] = []
            if case .output(let read) = await tasks.next() {
                bytes = read
                // Reading ends early, too, when the daemon stops.
                if Task.isCancelled { end = .stop }
            } else {
                end = Task.isCancelled ? .stop : .timeout
                kill(-group, SIGKILL)
            }
            tasks.cancelAll()
            for await case .output(let read) in tasks { bytes = read }
            // What the hook left running in its group goes with it.
            kill(-group, SIGKILL)
            let text = String(decoding: bytes, as: UTF8.self)
            return (BoundedText.cut(text, to: outputMax), end)
        }
    }

    private static func read(_ output: SubprocessOutputSequence) async -> [UInt8] {
        var head: [UInt8] = []
        var dropped = 0
        do {
            for try await buffer in output {
                buffer.withUnsafeBytes { bytes in
                    let room = max(0, outputMax - head.count)
                    head.append(contentsOf: bytes.prefix(room))
                    dropped += max(0, bytes.count - room)
                }
            }
        } catch {
            head.append(contentsOf: Array("\n[the output can't be read: \(error)]".utf8))
        }
        if dropped > 0 {
            head.append(contentsOf: Array("\n[… \(dropped) bytes left out …]".utf8))
        }
        return head
    }

    private static func failure(_ status: TerminationStatus) -> String? {
        switch status {
        case .exited(0): nil
        case .exited(let code): "ended with status \(code)"
        case .signaled(let signal): "was ended by signal \(signal)"
        }
    }
}
