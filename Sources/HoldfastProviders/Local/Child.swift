import HoldfastCore
import Subprocess
import SystemPackage

/// A program that is to be started, with the ends that it is given. No shell is involved.
struct Child: Sendable {
    let path: String
    /// What the program calls itself in its messages.
    let name: String
    let arguments: [String]
    let input: Descriptor
    let output: Descriptor
    let errors: Descriptor

    /// The time between SIGTERM and SIGKILL when the task is cancelled.
    private static let patience = Duration.seconds(5)

    /// Starts the program in a process group of its own and waits for its end.
    ///
    /// The child's ends are closed here as soon as it has ended, not before; what reads from it
    /// sees the end of its output then. Cancelling the task ends the whole group.
    func run() async -> ChildEnd {
        defer {
            input.close()
            output.close()
            errors.close()
        }
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: Self.patience)
        ]
        do {
            let result = try await Subprocess.run(
                .path(FilePath(path)),
                arguments: Arguments(executablePathOverride: name, remainingValues: arguments),
                environment: .custom(["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]),
                workingDirectory: "/", platformOptions: options,
                input: .fileDescriptor(
                    FileDescriptor(rawValue: input.raw), closeAfterSpawningProcess: false),
                output: .fileDescriptor(
                    FileDescriptor(rawValue: output.raw), closeAfterSpawningProcess: false),
                error: .fileDescriptor(
                    FileDescriptor(rawValue: errors.raw), closeAfterSpawningProcess: false))
            switch result.terminationStatus {
            case .exited(let code): return .exited(Int(code))
            case .signaled(let signal): return .signalled(Int(signal))
            }
        } catch {
            return .notStarted("\(error)")
        }
    }
}

/// How a program ended.
enum ChildEnd: Hashable, Sendable {
    case exited(Int)
    case signalled(Int)
    case notStarted(String)

    /// Whether it did what it was asked.
    var isSuccess: Bool { self == .exited(0) }

    /// The failure of a program for which every other status than 0 is one; `nil` for success.
    ///
    /// - Parameter words: What it wrote to its standard error.
    func failure(of name: String, words: String) -> ProviderError? {
        let words = words.isEmpty ? "it wrote no message" : words
        switch self {
        case .exited(0): return nil
        case .exited(let code):
            return ProviderError(.transient, "\(name) failed with status \(code): \(words)")
        case .signalled(let signal):
            return ProviderError(
                .transient, "\(name) was killed by signal \(signal); was memory short?")
        case .notStarted(let reason):
            return ProviderError(.permanent, "\(name) can't be started: \(reason)")
        }
    }
}
