import ArgumentParser
import Foundation
import Glibc
import HoldfastCore
import HoldfastProviders
import HoldfastStore

/// Finds a point in the local repositories, without the daemon and without the history, so that a
/// restore works when nothing else does any more.
struct PointLocator: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOption
    @Option(
        help: ArgumentHelp(
            "Look in this repository, and do not read a configuration.", valueName: "path"))
    var repository: String?
    @Argument(help: "A point's id, or TARGET@latest.")
    var point: String

    struct Found {
        let provider: LocalProvider
        let target: TargetID
        let token: BackupToken
    }

    func find() async throws -> Found {
        let providers = try self.providers()
        if let token = BackupToken(point) {
            for (path, provider) in providers {
                if let target = Self.target(of: token, in: path) {
                    return Found(provider: provider, target: target, token: token)
                }
            }
            throw CommandFailure(
                .failed,
                "no point \(token) is in \(Self.list(providers)); 'holdfast points --state all' "
                    + "tells what became of it")
        }
        let parts = point.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1] == "latest", let target = try? TargetID(parts[0]) else {
            throw ValidationError(
                "'\(point)' names no point: give its id, as 'holdfast points' shows it, or "
                    + "TARGET@latest")
        }
        return try await newest(of: target, providers)
    }

    private func newest(
        of target: TargetID, _ providers: [(path: String, provider: LocalProvider)]
    ) async throws -> Found {
        var newest: (point: RemotePoint, provider: LocalProvider)?
        for (_, provider) in providers {
            for point in try await provider.list(of: target).points
            where newest.map({ $0.point.takenAt < point.takenAt }) ?? true {
                newest = (point, provider)
            }
        }
        guard let newest else {
            throw CommandFailure(
                .failed, "target '\(target)' has no point in \(Self.list(providers))")
        }
        return Found(provider: newest.provider, target: target, token: newest.point.token)
    }

    private func providers() throws -> [(path: String, provider: LocalProvider)] {
        if let repository {
            let id = ProviderID(trusted: "repository")
            return [
                (
                    repository,
                    LocalProvider(id: id, repository: repository, wall: SystemWallClock())
                )
            ]
        }
        // Only what is on this machine can be read and unpacked by this process.
        return try configuration.load().providers.values.sorted { $0.id < $1.id }.compactMap {
            guard case .local(let path) = $0.kind else { return nil }
            return (path, LocalProvider(id: $0.id, repository: path, wall: SystemWallClock()))
        }
    }

    private static func target(of token: BackupToken, in repository: String) -> TargetID? {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: repository)
        } catch {
            return nil  // a repository that can't be read has no point for us
        }
        return names.sorted().compactMap { try? TargetID($0) }.first {
            FileManager.default.fileExists(atPath: "\(repository)/\($0)/\(token)/manifest.json")
        }
    }

    private static func list(_ providers: [(path: String, provider: LocalProvider)]) -> String {
        providers.isEmpty
            ? "any repository (no 'local' provider is declared; points at a cloud are not read by "
                + "this command)"
            : providers.map(\.path).joined(separator: ", ")
    }
}

/// Adds what the command line did to the history, when it may.
struct HistoryNote {
    let path: String

    /// Who runs this command.
    static var actor: Actor {
        .user(uid: getuid(), name: ProcessInfo.processInfo.userName)
    }

    func add(
        _ kind: EventKind, of found: PointLocator.Found, detail: [String: DetailValue]
    ) async {
        guard FileManager.default.fileExists(atPath: path) else {
            return Output.error(
                "note: not recorded, for there is no history at \(path); name the daemon's directory "
                    + "with --state-directory")
        }
        do {
            let store = try SQLiteHistory(path: path)
            let now = SystemWallClock().now
            let point = try await store.point(found.token)
            let event = NewEvent(
                at: now, kind: kind, actor: Self.actor, policy: point?.assignment.policy,
                target: found.target, token: found.token, detail: detail)
            if kind == .pointVerified, let point {
                try await store.markVerified(
                    point.id, as: PointProof(.read), at: now, event: event)
            } else if kind == .pointDamaged, let point, point.state == .available {
                try await store.retire(point.id, as: .damaged, at: now, event: event)
            } else {
                try await store.append([event])
            }
            try store.close()
        } catch {
            Output.error("warning: not noted in the history: \(error)")
        }
    }
}
