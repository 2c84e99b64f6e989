import HoldfastCore

/// A simulated Contabo account that speaks the vendor's version 1 interface, token server included.
public actor ContaboCloud: VendorCloud {
    /// The account; only handlers of this type change it.
    var state: ContaboState
    let clock: SimulatedClock
    private var limiters: [String: RateLimiter] = [:]

    /// Opens an account.
    ///
    /// - Parameters:
    ///   - savedState: What `savedState()` gave; `nil`: begin with the estate.
    ///   - estate: What a new account holds.
    ///   - clock: Is moved to the instant of the saved state when that is later.
    ///   - adjusting: Changes the settings, saved ones too.
    /// - Throws: `DecodingError` when the saved state is none; what `adjusting` throws.
    public init(
        savedState: [UInt8]? = nil, estate: ContaboEstate = .small, clock: SimulatedClock,
        adjusting: @Sendable (inout ContaboSettings) throws -> Void = { _ in }
    ) throws {
        var state =
            try savedState.map { try ContaboState(json: $0) } ?? estate.state(at: clock.now)
        try adjusting(&state.settings)
        clock.catchUp(with: state.settledAt?.instant)
        state.settle(at: clock.now)
        self.state = state
        self.clock = clock
    }

    /// `contabo`.
    public nonisolated var kind: String { "contabo" }

    /// The first client and the first user.
    public var credentials: [String: String] {
        [
            "client_id": state.clients.first?.id ?? "",
            "client_secret": state.clients.first?.secret ?? "",
            "username": state.users.first?.username ?? "",
            "password": state.users.first?.password ?? "",
        ]
    }

    /// The same with `auth_url`, where tokens are given out.
    public func credentials(at url: String) async -> [String: String] {
        credentials.merging(["auth_url": url + ContaboOperation.tokenPath]) { $1 }
    }

    /// The vendor's path, with its names.
    public nonisolated func route(of request: CloudRequest) -> String? {
        ContaboOperation.table.pattern(of: request)
    }

    /// The account as JSON.
    public func savedState() throws -> [UInt8] {
        state.settle(at: clock.now)
        return try state.json()
    }

    /// The error body of the interface.
    public func refusal(status: Int) -> CloudReply {
        let words = [
            400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden",
            404: "Not Found", 409: "Conflict", 429: "Too Many Requests",
        ]
        return reply(ContaboRefusal(status, words[status] ?? "Internal server error"))
    }

    /// The error body of the interface, or that of the token server.
    public func refusal(status: Int, of request: CloudRequest) async -> CloudReply {
        guard request.path == ContaboOperation.tokenPath else { return refusal(status: status) }
        return .json(ContaboTokenRefusal(status, "unknown_error").json, status: status)
    }

    /// Authenticates, counts and answers.
    public func answer(_ request: CloudRequest) -> CloudReply {
        let now = clock.now
        state.settle(at: now)
        if request.path == ContaboOperation.tokenPath { return token(request, at: now) }
        do throws(ContaboRefusal) {
            let user = try authenticated(request, at: now)
            let verdict = admit(user, at: now)
            guard verdict.isAdmitted else { return throttled(verdict, at: now) }
            return try perform(try call(of: request, by: user, at: now))
        } catch {
            return reply(error, allowing: methods(for: request))
        }
    }

    private func authenticated(
        _ request: CloudRequest, at now: Timestamp
    ) throws(ContaboRefusal) -> ContaboUser {
        let words = (request.header("authorization") ?? "").split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer",
            let user = state.user(of: String(words[1]), .access, at: now)
        else { throw .unauthorized }
        return user
    }

    private func admit(_ user: ContaboUser, at now: Timestamp) -> RateLimiter.Verdict {
        let fresh = RateLimiter(
            hourLimit: state.settings.rateHour, minuteLimit: state.settings.rateMinute)
        return limiters[user.id, default: fresh].admit(at: now)
    }

    private func throttled(_ verdict: RateLimiter.Verdict, at now: Timestamp) -> CloudReply {
        var reply = reply(.tooManyRequests)
        let hour = verdict.hour.flatMap { $0.remaining == 0 ? $0.oldestFallsOut : nil }
        if state.settings.retryAfterIsTold, let room = verdict.minuteHasRoom ?? hour {
            let wait = Timestamp(milliseconds: (room - now).wholeMilliseconds).roundedUpToSecond
            reply.headers.append(("retry-after", String(max(1, wait.seconds))))
        }
        return reply
    }

    private func call(
        of request: CloudRequest, by user: ContaboUser, at now: Timestamp
    ) throws(ContaboRefusal) -> ContaboCall {
        switch ContaboOperation.table.match(request) {
        case .found(let route, let names):
            let call = ContaboCall(
                request: request, operation: route.operation, names: names, user: user,
                requestId: try requestId(of: request), now: now)
            guard user.mayChange || !call.operation.changesSomething else { throw .forbidden }
            return call
        case .otherMethod: throw ContaboRefusal(405, "Method Not Allowed")
        case .none: throw ContaboRefusal(404, "Cannot \(request.method) \(request.path)")
        }
    }

    /// The label that every request must have.
    private func requestId(of request: CloudRequest) throws(ContaboRefusal) -> String {
        guard let text = request.header("x-request-id") else {
            throw .invalid("x-request-id header is missing; send a UUID of version 4")
        }
        let isRight =
            state.settings.requestIdsAreVersion4
            ? RequestLabel.isVersion4(text) : RequestLabel.fitsPublishedPattern(text)
        guard isRight else { throw .invalid("x-request-id must be a UUID of version 4") }
        return text.lowercased()
    }

    private func methods(for request: CloudRequest) -> [String] {
        guard case .otherMethod(let methods) = ContaboOperation.table.match(request) else {
            return []
        }
        return methods
    }

    private func reply(_ refusal: ContaboRefusal, allowing methods: [String] = []) -> CloudReply {
        .json(
            refusal.json(listsMessages: state.settings.badRequestMessagesAreLists),
            status: refusal.status,
            headers: refusal.status == 405 ? [("allow", methods.joined(separator: ", "))] : [])
    }
}

/// What may stand in `x-request-id`.
enum RequestLabel {
    /// Whether a text is a UUID of version 4.
    static func isVersion4(_ text: String) -> Bool {
        fits(text, versions: "4", variants: "89abAB")
    }

    /// Whether a text fits the pattern that the vendor publishes: other versions do too.
    static func fitsPublishedPattern(_ text: String) -> Bool {
        fits(text, versions: "012345", variants: "089abAB")
    }

    private static func fits(_ text: String, versions: String, variants: String) -> Bool {
        let groups = text.utf8.split(separator: 0x2D, omittingEmptySubsequences: false)
        guard groups.map(\.count) == [8, 4, 4, 4, 12],
            groups.allSatisfy({ $0.allSatisfy(isHexDigit) }),
            let version = groups[2].first, let variant = groups[3].first
        else { return false }
        return versions.utf8.contains(version) && variants.utf8.contains(variant)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}
