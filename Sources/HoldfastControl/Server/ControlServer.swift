import Foundation
import Glibc
public import HoldfastCore
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

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

    /// A connection that says nothing for so long is closed.
    private static let idleTimeout = TimeAmount.minutes(5)

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
        let quiet = Logger(label: "holdfast.socket") { _ in SwiftLogNoOpLogHandler() }
        let server = try HTTPServerBuilder.http1(
            configuration: .init(idleTimeout: Self.idleTimeout)
        ).buildServer(
            configuration: ServerConfiguration(address: .unixDomainSocket(path: path)),
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
            try await writer.write(response: response.head, body: response.body)
        } onServerRunning: { _ in
            chmod(path, 0o660)
            await onListening()
        }
        // The loop's thread is left to the end of the process: connections that are still closing
        // use it.
        do {
            try await server.run()
        } catch {
            throw ControlServerError(
                description: "the status socket \(path) can't be opened: \(error); check that its "
                    + "directory exists and is yours")
        }
        unlink(path)
    }
}
