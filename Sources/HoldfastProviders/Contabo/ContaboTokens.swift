import Foundation
import HoldfastCore

/// The access token of one account: fetched when one is needed, renewed before it runs out, shared by
/// all requests. However many of them need a new one at once, one is asked for.
actor ContaboTokens {
    /// A token, and which one it is.
    struct Held: Sendable {
        let number: Int
        let header: Secret
        fileprivate let goodUntil: Timestamp
    }

    /// What a token server is asked with.
    struct Credentials: Sendable {
        let clientID: String
        let user: String
        let clientSecret: @Sendable () throws(ProviderError) -> Secret
        let password: @Sendable () throws(ProviderError) -> Secret
    }

    private struct Refresh {
        let token: Secret
        let goodUntil: Timestamp
    }

    /// A token is replaced so long before its end, or at half of its time when it is short-lived.
    private static let margin = Duration.seconds(30)
    /// A longer life is not believed.
    private static let lifeMax = 86_400
    /// The answer to a request for a token takes a moment only.
    private static let timeout = Duration.seconds(30)

    private let transport: HTTPTransport
    private let path: String
    private let credentials: Credentials
    private let wall: any WallClock
    private var held: Held?
    private var refresh: Refresh?
    private var count = 0
    private var isRenewing = false
    private var waiting: [CheckedContinuation<Result<Held, ProviderError>?, Never>] = []

    /// - Parameters:
    ///   - transport: To the token server, without authorization.
    ///   - path: Of the requests for tokens, at that server.
    init(
        _ credentials: Credentials, transport: HTTPTransport, path: String, wall: any WallClock
    ) {
        self.credentials = credentials
        self.transport = transport
        self.path = path
        self.wall = wall
    }

    /// A token that is good now.
    ///
    /// - Parameter refused: The number of one that the vendor did not take, which is not given again.
    /// - Throws: `authentication`, `transient`, `throttled` or `permanent`; nothing was ordered then.
    func token(insteadOf refused: Int? = nil) async throws(ProviderError) -> Held {
        while true {
            if let held, held.number != refused, wall.now < held.goodUntil { return held }
            guard isRenewing else { return try await renew() }
            let outcome = await withCheckedContinuation { waiting.append($0) }
            // `nil`: who asked for it was stopped, and somebody else asks.
            if let outcome { return try outcome.get() }
        }
    }

    private func renew() async throws(ProviderError) -> Held {
        isRenewing = true
        let outcome: Result<Held, ProviderError>
        do throws(ProviderError) {
            let held = try await fetch()
            self.held = held
            outcome = .success(held)
        } catch {
            outcome = .failure(error)
        }
        isRenewing = false
        let told: Result<Held, ProviderError>? = Task.isCancelled ? nil : outcome
        for continuation in waiting { continuation.resume(returning: told) }
        waiting = []
        return try outcome.get()
    }

    private func fetch() async throws(ProviderError) -> Held {
        if let refresh, wall.now < refresh.goodUntil {
            self.refresh = nil
            do throws(ProviderError) {
                return try await request([
                    ("grant_type", "refresh_token"),
                    ("refresh_token", refresh.token.reveal { $0 }),
                ])
            } catch  where error.kind == .authentication {
                // It ended early, by the vendor's will: the password does.
            }
        }
        let password = try credentials.password()
        return try await request([
            ("grant_type", "password"), ("username", credentials.user),
            ("password", password.reveal { $0 }),
        ])
    }

    private func request(
        _ grant: [(name: String, value: String)]
    ) async throws(ProviderError) -> Held {
        let secret = try credentials.clientSecret()
        let form =
            grant + [
                ("client_id", credentials.clientID), ("client_secret", secret.reveal { $0 }),
            ]
        let body = form.map { "\($0.name)=\(Self.encoded($0.value))" }.joined(separator: "&")
        var request = VendorRequest(.post, path, body: Data(body.utf8))
        request.contentType = "application/x-www-form-urlencoded"
        request.timeout = Self.timeout
        let what = "POST \(transport.endpoint)\(path)"
        let askedAt = wall.now
        let reply: VendorReply
        do throws(ProviderError) {
            reply = try await transport.send(request)
        } catch  where error.kind == .ambiguous {
            // One token more or less does no harm.
            throw ProviderError(.transient, "\(what) broke off; no token was received")
        }
        guard reply.status == 200 else {
            let error = ContaboMapping.tokenError(reply, of: what, now: wall.now)
            if reply.status == 429, let until = error.retryAfter {
                await transport.gate.close(until: until)
            }
            throw error
        }
        return try take(reply, of: what, askedAt)
    }

    private func take(
        _ reply: VendorReply, of what: String, _ askedAt: Timestamp
    ) throws(ProviderError) -> Held {
        // A token that can't be read is a secret still, so nothing of the body is shown.
        guard let set = try? JSONDecoder().decode(ContaboWire.TokenSet.self, from: reply.body),
            set.expiresIn.value > 0, Self.isHeaderText(set.accessToken)
        else {
            throw ProviderError(
                .transient,
                "\(what) was answered with 200 and no token that can be used (it needs "
                    + "access_token and expires_in); look at token_url"
                    + VendorDecoding.mark(reply))
        }
        refresh = nil
        if let token = set.refreshToken, let seconds = set.refreshExpiresIn?.value, seconds > 0 {
            refresh = Refresh(
                token: Secret(token), goodUntil: Self.end(after: seconds, from: askedAt))
        }
        count += 1
        return Held(
            number: count, header: Secret("Bearer \(set.accessToken)"),
            goodUntil: Self.end(after: set.expiresIn.value, from: askedAt))
    }

    private static func end(after seconds: Int, from start: Timestamp) -> Timestamp {
        let life = Duration.seconds(min(seconds, lifeMax))
        return start + max(life - margin, life / 2)
    }

    private static func isHeaderText(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// A value of a form: everything but letters, digits and `-._~` as a percent sign and two digits.
    static func encoded(_ value: String) -> String {
        var text = ""
        for byte in value.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return text
    }
}
