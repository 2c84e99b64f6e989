import NIOCore

/// Watches a connection while a slow answer is sent on it: nobody reads from it meanwhile, so
/// nobody else would see that the client has gone.
final class LeaveWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private static let name = "holdfast.leave-watch"
    private let left: AsyncStream<Never>.Continuation

    private init(_ left: AsyncStream<Never>.Continuation) {
        self.left = left
    }

    /// Watches while `body` runs.
    ///
    /// - Parameter body: Gets what ends when the client goes away. A client that only closes its
    ///   own side has gone too.
    /// - Throws: What `body` throws.
    static func watching<Value: Sendable>(
        _ channel: any Channel, _ body: (_ leave: AsyncStream<Never>) async throws -> Value
    ) async throws -> Value {
        let (leave, left) = AsyncStream.makeStream(of: Never.self)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(
                LeaveWatch(left), name: name, position: .first)
        }.get()
        let value = try await body(leave)
        // A connection that is closed by now has no handlers any more.
        try? await channel.pipeline.removeHandler(name: name).get()
        return value
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { left.finish() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        left.finish()
        context.fireChannelInactive()
    }
}
