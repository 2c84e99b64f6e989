import Foundation
public import HoldfastCore

extension PiecesProvider: CheckableProvider {
    /// A larger difference of the clocks deserves a look.
    private static let skewMax = Duration.seconds(30)

    /// Looks whether Pieces OS runs, who is signed in, how the cloud space stands, and whether the
    /// list of backups can be had.
    public func check() async -> [ProviderFinding] {
        var findings: [ProviderFinding] = []
        do throws(ProviderError) {
            try await checkServer(&findings)
            guard try await checkUser(&findings) else { return findings }
            let (backups, clock) = try await backups()
            let mine = backups.count { $0.deviceName == hostName }
            findings.append(
                ProviderFinding(
                    .room, .good,
                    "\(backups.count) backups in the cloud, \(mine) of '\(hostName)', the device "
                        + "that 'this' means; no limit is published"))
            if let clock { findings.append(self.clock(clock)) }
        } catch {
            findings.append(
                ProviderFinding(
                    error.kind == .authentication
                        ? .credentials : findings.isEmpty ? .reachability : .account, .bad,
                    error.message))
        }
        return findings
    }

    private func checkServer(_ findings: inout [ProviderFinding]) async throws(ProviderError) {
        let health = try await client.ask(VendorRequest(.get, "/.well-known/health"))
        try await client.expectSuccess(health)
        guard PiecesFinder.isHealthy(health.reply) else {
            throw ProviderError(
                .permanent,
                "\(health.what) was answered with \(VendorDecoding.excerpt(health.reply.body)), as "
                    + "Pieces OS does not; correct 'endpoint'")
        }
        findings.append(
            ProviderFinding(.reachability, .good, "\(health.what) says that it is well"))
        let version = try await client.ask(VendorRequest(.get, "/.well-known/version"))
        try await client.expectSuccess(version)
        findings.append(
            ProviderFinding(
                .account, .good, "Pieces OS \(VendorDecoding.excerpt(version.reply.body))"))
    }

    /// - Returns: Whether it makes sense to go on.
    private func checkUser(
        _ findings: inout [ProviderFinding]
    ) async throws(ProviderError) -> Bool {
        let (profile, _) = try await client.call(
            PiecesWire.Profile.self, VendorRequest(.get, "/user"))
        guard let user = profile.user, user.id != nil else {
            findings.append(
                ProviderFinding(
                    .credentials, .bad, "nobody is signed in to Pieces; sign in, in its settings"))
            return false
        }
        findings.append(
            ProviderFinding(
                .credentials, .good,
                "signed in as \(BoundedText.cut(user.email ?? "somebody", to: 200))"))
        let status = user.allocation?.status?.cloud
        switch (user.allocation == nil, status) {
        case (true, _):
            findings.append(
                ProviderFinding(
                    .rights, .bad,
                    "the user has no cloud space; connect Pieces to a cloud, in its settings"))
            return false
        case (_, "SUCCEEDED"), (_, "RUNNING"):
            findings.append(ProviderFinding(.rights, .good, "the cloud space is connected"))
        default:
            // Which of the other words allow backups is not published: the list will tell.
            findings.append(
                ProviderFinding(
                    .rights, .warning,
                    "the cloud space is \(status.map { "'\($0.prefix(40))'" } ?? "of no known state")"
                        + "; look at it in the settings of Pieces if backups fail"))
        }
        return true
    }

    private func clock(_ theirs: Timestamp) -> ProviderFinding {
        let difference = theirs - wall.now
        let seconds = abs(difference.wholeSeconds)
        let isFar = Duration.seconds(seconds) > Self.skewMax
        return ProviderFinding(
            .clock, isFar ? .warning : .good,
            isFar
                ? "the clock of Pieces OS differs by \(seconds) s; lost answers are cleared up by "
                    + "time, so set the clocks right"
                : "the clocks agree")
    }
}
