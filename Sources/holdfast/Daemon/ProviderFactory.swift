import HoldfastCore
import HoldfastProviders

/// Builds the providers that a configuration declares.
struct ProviderFactory: Sendable {
    let wall: any WallClock
    /// Whether the wall clock is the one that file systems stamp with.
    let isWallSystem: Bool

    func providers(
        for configuration: Configuration
    ) -> [ProviderID: any BackupProvider] {
        configuration.providers.mapValues { settings in
            switch settings.kind {
            case .local(let repository):
                LocalProvider(
                    id: settings.id, repository: repository, wall: wall,
                    tellsClock: isWallSystem)
            }
        }
    }
}
