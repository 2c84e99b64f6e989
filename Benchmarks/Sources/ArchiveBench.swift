import Foundation
import HoldfastCore
import HoldfastProviders

/// One backup of a directory by the local provider, from the request to the published point.
enum ArchiveBench {
    static func run(source: String, repository: String) async throws {
        let provider = LocalProvider(
            id: ProviderID(trusted: "disk"), repository: repository, wall: MachineClock(),
            version: "bench")
        let target = Target(
            id: TargetID(trusted: "tree"), provider: ProviderID(trusted: "disk"),
            subject: .directory(path: source, exclude: []),
            policies: [PolicyID(trusted: "nightly")])
        let slot = SlotKey(
            assignment: Assignment(policy: PolicyID(trusted: "nightly"), target: target.id),
            opens: MachineClock().now)
        let beginning = ContinuousClock.now
        let progress = try await provider.start(
            BackupRequest(target: target, slot: slot, token: slot.token) { _ in })
        Bench.report("archive.seconds", Bench.inSeconds(ContinuousClock.now - beginning))
        guard case .finished(let point) = progress else {
            preconditionFailure("the local provider's backups end before it answers")
        }
        Bench.report("archive.stored", Double(point.storedBytes?.bytes ?? 0))
    }
}

private struct MachineClock: WallClock {
    var now: Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }
}
