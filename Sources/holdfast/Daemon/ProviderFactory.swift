import Foundation
import HoldfastCore
import HoldfastProviders

/// Builds the providers that a configuration declares.
struct ProviderFactory: Sendable {
    let wall: any WallClock
    /// Whether the wall clock is the one that file systems stamp with.
    let isWallSystem: Bool
    /// How many times faster than real time the wall clock runs.
    let speed: Int64
    /// Takes down what vendors answered.
    let log: VendorExchange.Log
    let secrets = SecretReader()

    /// Rests for a time of the wall clock.
    private var sleep: @Sendable (Duration) async throws -> Void {
        let speed = Int(max(1, speed))
        return { try await ContinuousClock().sleep(for: $0 / speed) }
    }

    func providers(
        for configuration: Configuration
    ) -> [ProviderID: any BackupProvider] {
        configuration.providers.mapValues { settings in
            switch settings.kind {
            case .local(let repository):
                LocalProvider(
                    id: settings.id, repository: repository, wall: wall,
                    tellsClock: isWallSystem)
            case .digitalOcean(let account):
                DigitalOceanProvider(
                    id: settings.id, endpoint: account.endpoint, wall: wall,
                    version: HoldfastVersion.current,
                    token: { [secrets] () throws(ProviderError) in
                        try secrets.read(account.token, of: settings.id)
                    }, log: log, sleep: sleep)
            case .contabo(let account):
                ContaboProvider(
                    id: settings.id, account: account, wall: wall,
                    version: HoldfastVersion.current,
                    requestID: { UUID().uuidString.lowercased() },
                    secret: { [secrets] (reference) throws(ProviderError) in
                        try secrets.read(reference, of: settings.id, isPassword: true)
                    }, log: log, sleep: sleep)
            case .ionos(let account):
                IONOSProvider(
                    id: settings.id, account: account, wall: wall,
                    version: HoldfastVersion.current,
                    secret: { [secrets] (reference) throws(ProviderError) in
                        try secrets.read(reference, of: settings.id)
                    }, log: log, sleep: sleep)
            case .pieces(let installation):
                PiecesProvider(
                    id: settings.id, installation: installation, wall: wall,
                    hostName: HostName.current, version: HoldfastVersion.current, log: log,
                    sleep: sleep)
            }
        }
    }
}
