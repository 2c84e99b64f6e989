import Foundation
import Glibc
public import HoldfastCore
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle
import Synchronization

/// Why the status socket can't be opened.
public struct ControlServerError: Error, CustomStringConvertible, Sendable {
    /// What happened, where, and what to do now.
    public let description: String
}

/// The status socket: HTTP/1.1 with JSON over a Unix domain socket.
public struct ControlServer: Service {
    private let path: String
    private let routes: ControlRoutes
    private let onListening: @Sendable () async -> Void
    private let logger: Logger

    /// A connection that says nothing for so long is closed, and so is one that does not take its
    /// answer.
    private static let idleTimeout = TimeAmount.minutes(5)
    /// So long an answer under way may still take when the daemon stops.
    private static let stopTimeout = TimeAmount.seconds(5)
    /// More connections than this wait until one is closed.
    private static let connectionMax = 64

    /// Prepares the socket; nothing listens before `run`.
    ///
    /// - Parameters:
    ///   - path: At most 107 bytes, as the kernel has it.
    ///   - adminGroup: The group whose members may change things.
    ///   - onListening: Called once, when requests are answered.
    public init(
        path: String, surface: any ControlSurface,
        adminGroup: @escaping @Sendable () async -> String?, logger: Logger,
        onListening: @escaping @Sendable () async -> Void
    ) {
        self.path = path
        self.logger = logger
        self.onListening = onListening
        routes = ControlRoutes(surface: surface, adminGroup: adminGroup)
    }

    /// Answers until a graceful shutdown or cancellation.
    ///
    /// - Throws: `ControlServerError` when the path is taken or can't be made.
    public func run() async throws {
        try SocketFile.makeRoom(at: path)
        let responder = routes.router().buildResponder()
        // Few requests come, and each thread costs memory.
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let path = self.path
        let onListening = self.onListening
        let answers = AnswersUnderWay()
        let quiet = Logger(label: "holdfast.socket") { _ in SwiftLogNoOpLogHandler() }
        let server = try HTTPServerBuilder.http1(
            configuration: .init(idleTimeout: Self.idleTimeout)
        ).buildServer(
            configuration: ServerConfiguration(
                address: .unixDomainSocket(path: path),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connectionMax)),
            eventLoopGroup: loops, logger: quiet
        ) { request, writer, channel in
            let context = ControlContext(source: .init(channel: channel, logger: quiet))
            let response: Response
            do {
                response = try await responder.respond(to: request, context: context)
            } catch let problem as Problem {
                response = try problem.response(from: request, context: context)
            } catch {
                response = try Problem(
                    status: .internalServerError, type: "about:blank", title: "Internal error",
                    detail: "\(error)"
                ).response(from: request, context: context)
            }
            // A stream looks after its reader itself, and lasts as long as it likes.
            let isStream = response.headers[.contentType] == ControlRoutes.streamType
            let closing =
                isStream
                ? nil
                : channel.eventLoop.scheduleTask(in: Self.idleTimeout) {
                    channel.close(promise: nil)
                }
            defer { closing?.cancel() }
            let number = answers.begin(on: channel)
            defer { answers.end(number) }
            try await writer.write(response: response.head, body: response.body)
        } onServerRunning: { _ in
            chmod(path, 0o660)
            await onListening()
        }
        // The loop's thread is left to the end of the process: connections that are still closing
        // use it.
        do {
            try await withGracefulShutdownHandler {
                try await server.run()
            } onGracefulShutdown: {
                answers.close(in: Self.stopTimeout)
            }
        } catch {
            throw ControlServerError(
                description: "the status socket \(path) can't be opened: \(error); check that its "
                    + "directory exists and is yours")
        }
        unlink(path)
    }
}

/// The connections that an answer is being written to. A reader that stopped reading would hold up
/// the end of the server for ever.
private final class AnswersUnderWay: Sendable {
    private struct State {
        var channels: [Int: any Channel] = [:]
        var count = 0
    }

    private let state = Mutex(State())

    func begin(on channel: any Channel) -> Int {
        state.withLock { state in
            state.count += 1
            state.channels[state.count] = channel
            return state.count
        }
    }

    func end(_ number: Int) {
        state.withLock { $0.channels[number] = nil }
    }

    /// Closes what is still being written to after a time.
    func close(in time: TimeAmount) {
        let open = state.withLock { Array($0.channels.keys) }
        for number in open {
            guard let channel = state.withLock({ $0.channels[number] }) else { continue }
            channel.eventLoop.scheduleTask(in: time) {
                // Only when it is the same answer still.
                self.state.withLock { $0.channels[number] }?.close(promise: nil)
            }
        }
    }
}
