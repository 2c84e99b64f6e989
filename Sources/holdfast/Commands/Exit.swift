import ArgumentParser
import Foundation
import HoldfastConfig
import HoldfastControl
import HoldfastCore

/// The exit codes of every command.
enum Exit: Int32 {
    case failed = 1
    case usage = 64
    case unreachable = 69
    case tryLater = 75
    case notPermitted = 77
    case configuration = 78
}

/// A failure with its exit code; the message is for people.
struct CommandFailure: Error {
    let exit: Exit
    let message: String
    /// Whether each line begins with the file that it is about, so that editors find the place;
    /// else the program's name is put in front.
    let isPlaced: Bool

    init(_ exit: Exit, _ message: String, isPlaced: Bool = false) {
        self.exit = exit
        self.message = message
        self.isPlaced = isPlaced
    }

    /// Finds the exit code and the words for any room's error.
    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let errors as ConfigurationErrors:
            self.init(.configuration, "\(errors)", isPlaced: true)
        case let error as ControlClientError: self.init(error)
        case let error as StoreError:
            self.init(
                error.kind == .busy
                    ? .tryLater : error.kind == .permission ? .notPermitted : .failed,
                error.message)
        case let error as ProviderError: self.init(.failed, error.message)
        default: self.init(.failed, "\(error)")
        }
    }

    private init(_ error: ControlClientError) {
        switch error {
        case .unreachable: self.init(.unreachable, error.description)
        case .notPermitted: self.init(.notPermitted, error.description)
        case .garbled: self.init(.failed, error.description)
        case .problem(let problem):
            switch problem.status {
            case 403: self.init(.notPermitted, problem.detail)
            case 400: self.init(.usage, problem.detail)
            case 409, 503: self.init(.tryLater, problem.detail)
            default: self.init(.failed, problem.detail)
            }
        }
    }
}

/// Runs a command's work; a failure is told on standard error and becomes the exit code.
func performing(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let code as ExitCode {
        throw code
    } catch let error as ValidationError {
        Output.error("holdfast: \(error.message)")
        throw ExitCode(Exit.usage.rawValue)
    } catch {
        let failure = CommandFailure(error)
        for line in failure.message.split(separator: "\n", omittingEmptySubsequences: false) {
            Output.error(failure.isPlaced ? String(line) : "holdfast: \(line)")
        }
        throw ExitCode(failure.exit.rawValue)
    }
}

extension ControlClient {
    /// Asks for a change of what is named. Where it is not in the state for that, the same request
    /// never helps later: that is a failure, and not a reason to try again.
    func change<Answer: Decodable & Sendable>(
        _ type: Answer.Type, _ path: String, query: [String: String?] = [:]
    ) async throws -> Answer {
        do {
            return try await post(type, path, query: query)
        } catch {
            guard case .problem(let problem) = error, problem.status == 409 else { throw error }
            throw CommandFailure(.failed, problem.detail)
        }
    }
}
