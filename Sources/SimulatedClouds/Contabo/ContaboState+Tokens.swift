import Foundation
import HoldfastCore

extension ContaboState {
    /// A set of tokens as the vendor's token server gives it.
    struct TokenSet: Sendable {
        let access: String
        let refresh: String
    }

    /// So many tokens are remembered; the ones that run out first make place.
    private static let grantMax = 2000

    /// The user of a token that is good at an instant; `nil`: it is none, or it ran out.
    func user(of token: String, _ kind: ContaboGrant.Kind, at now: Timestamp) -> ContaboUser? {
        guard let grant = grants[token], grant.kind == kind, grant.expiresAt.instant > now else {
            return nil
        }
        return users.first { $0.id == grant.user }
    }

    /// Gives a user an access token and a refresh token.
    mutating func grantTokens(
        to user: ContaboUser, for client: ContaboClient, at now: Timestamp
    ) -> TokenSet {
        forgetTokens(at: now)
        return TokenSet(
            access: grant(.access, settings.accessTokenSeconds, to: user, client, at: now),
            refresh: grant(.refresh, settings.refreshTokenSeconds, to: user, client, at: now))
    }

    private mutating func grant(
        _ kind: ContaboGrant.Kind, _ seconds: Int64, to user: ContaboUser,
        _ client: ContaboClient, at now: Timestamp
    ) -> String {
        let end = now + .seconds(seconds)
        let claims: JSON = [
            "exp": .number(end.seconds), "iat": .number(now.seconds),
            "jti": .text(SimulatedUUID.text("70ce0000", takeNumber())),
            "iss": "simulated", "sub": .text(user.id), "azp": .text(client.id),
            "typ": kind == .access ? "Bearer" : "Refresh",
        ]
        let header: JSON = ["alg": "RS256", "typ": "JWT"]
        // The form of a signed token: clients read `exp` out of it. Nobody checks the signature.
        let token = [header.bytes, claims.bytes, Array("simulated signature".utf8)]
            .map(Self.base64URL).joined(separator: ".")
        grants[token] = ContaboGrant(
            id: token, kind: kind, user: user.id, client: client.id, expiresAt: Stamp(end))
        return token
    }

    private mutating func forgetTokens(at now: Timestamp) {
        for grant in grants.rows where grant.expiresAt.instant <= now { grants[grant.id] = nil }
        let surplus = grants.count + 2 - Self.grantMax
        guard surplus > 0 else { return }
        for grant in grants.rows.sorted(by: { $0.expiresAt < $1.expiresAt }).prefix(surplus) {
            grants[grant.id] = nil
        }
    }

    private static func base64URL(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }
}
