import Testing

/// What a test waited for and did not see in time.
struct NeverHappened: Error, CustomStringConvertible {
    let description: String
}

/// Waits for something that another process does: looks, and looks again until the deadline.
///
/// The one place where these tests rest. What they wait for happens in a daemon, which nobody here
/// can await, so they look at what it leaves: its log, its socket, its files.
///
/// - Parameters:
///   - what: What is waited for, for the failure's words.
///   - limit: A broken daemon, not a slow machine, takes longer.
///   - look: Gives what was waited for, or `nil` when it is not there yet.
@discardableResult
func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(40),
    _ look: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now + limit
    while true {
        if let value = try await look() { return value }
        guard ContinuousClock.now < end else {
            throw NeverHappened(description: "not seen within \(limit): \(what)")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// Waits until a condition holds; see `eventually(_:within:_:)`.
func eventually(
    _ what: String, within limit: Duration = .seconds(40), holds: () async throws -> Bool
) async throws {
    try await eventually(what, within: limit) { try await holds() ? true : nil }
}
