import Synchronization

/// Tells whoever listens that there is something new, without waiting for anybody.
public final class NewsBell: Sendable {
    private struct Listeners {
        var waiting: [Int: AsyncStream<Void>.Continuation] = [:]
        var count = 0
    }

    private let listeners = Mutex(Listeners())

    /// A bell that nobody listens to yet.
    public init() {}

    /// Rings; cheap, never blocks.
    public func ring() {
        for listener in listeners.withLock({ Array($0.waiting.values) }) { listener.yield() }
    }

    /// Every ring from now on; those that were not heard yet are one.
    func listen() -> AsyncStream<Void> {
        let (rings, listener) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = listeners.withLock { listeners in
            listeners.count += 1
            listeners.waiting[listeners.count] = listener
            return listeners.count
        }
        listener.onTermination = { [weak self] _ in
            self?.listeners.withLock { $0.waiting[number] = nil }
        }
        return rings
    }
}
