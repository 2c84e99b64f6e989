import HoldfastCore
import SimulatedClouds

@testable import HoldfastProviders

/// Pieces OS as a provider under test.
extension ProviderUnderTest {
    static let piecesOrder = #""method": "POST", "path": "/backups/create/streamed""#
    static let piecesListing = #""method": "GET", "path": "/backups""#
    /// As the small estate calls its machine.
    static let piecesHost = "workstation"

    /// A simulated Pieces OS whose backups are made at once. It takes no secret: what stands for a
    /// wrong one is that nobody is signed in, and for a powerless one that the cloud is cut off.
    static func piecesCloud(
        _ clock: SimulatedClock, _ secret: BenchSecret,
        adjusting: @Sendable (inout PiecesSettings) -> Void = { _ in }
    ) throws -> PiecesCloud {
        try PiecesCloud(clock: clock) { settings in
            settings.backupSeconds = 0
            settings.signedIn = secret != .wrong
            settings.cloudStatus = secret == .powerless ? .disconnected : .succeeded
            adjusting(&settings)
        }
    }

    static func piecesProvider(
        _ id: ProviderID, at url: String, _ clock: SimulatedClock
    ) -> PiecesProvider {
        PiecesProvider(
            id: id, candidates: [url], wall: clock, hostName: piecesHost, version: "test",
            sleep: { clock.advance(by: $0) })
    }
}
