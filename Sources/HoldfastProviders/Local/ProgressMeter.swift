import HoldfastCore

/// Passes on how far work has come, at most a few times a second.
struct ProgressMeter {
    /// The shortest time between two reports.
    private static let interval = Duration.milliseconds(250)

    private let report: @Sendable (TransferProgress) -> Void
    // Only spaces the reports out; no decision and no record depends on this clock.
    private var next = ContinuousClock.now
    var bytes: Int64 = 0
    var entries: Int64?

    init(_ report: @escaping @Sendable (TransferProgress) -> Void) {
        self.report = report
    }

    /// Reports if it is time to.
    mutating func tick() {
        let now = ContinuousClock.now
        guard now >= next else { return }
        next = now + Self.interval
        send()
    }

    /// Reports the end.
    func send() {
        report(TransferProgress(bytes: ByteCount(bytes), entries: entries))
    }
}
