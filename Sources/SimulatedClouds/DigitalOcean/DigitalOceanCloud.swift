import HoldfastCore

/// A simulated DigitalOcean account that speaks the vendor's version 2 interface.
public actor DigitalOceanCloud: VendorCloud {
    /// The account; only handlers of this type change it.
    var state: DigitalOceanState
    let clock: SimulatedClock
    private var limiters: [String: RateLimiter] = [:]
    /// Begins with the clock, so that a second run gives other ids.
    private var requestCount: Int64

    /// Opens an account.
    ///
    /// - Parameters:
    ///   - savedState: What `savedState()` gave; `nil`: begin with the estate.
    ///   - estate: What a new account holds.
    ///   - clock: Is moved to the instant of the saved state when that is later.
    ///   - adjusting: Changes the settings, saved ones too.
    /// - Throws: `DecodingError` when the saved state is none; what `adjusting` throws.
    public init(
        savedState: [UInt8]? = nil, estate: DigitalOceanEstate = .small, clock: SimulatedClock,
        adjusting: @Sendable (inout DigitalOceanSettings) throws -> Void = { _ in }
    ) throws {
        var state =
            try savedState.map { try DigitalOceanState(json: $0) }
            ?? estate.state(at: clock.now)
        try adjusting(&state.settings)
        clock.catchUp(with: state.settledAt?.instant)
        state.settle(at: clock.now)
        self.state = state
        self.clock = clock
        requestCount = clock.now.milliseconds
    }

    /// `digitalocean`.
    public nonisolated var kind: String { "digitalocean" }

    /// The first token.
    public var credentials: [String: String] {
        ["token": state.tokens.first?.token ?? ""]
    }

    /// The vendor's path, with its names.
    public nonisolated func route(of request: CloudRequest) -> String? {
        DigitalOceanOperation.table.pattern(of: request)
    }

    /// The account as JSON.
    public func savedState() throws -> [UInt8] {
        state.settle(at: clock.now)
        return try state.json()
    }

    /// The vendor's error body.
    public func refusal(status: Int) -> CloudReply {
        let kind: DigitalOceanRefusal.Kind =
            switch status {
            case 400: .badRequest
            case 401: .unauthorized
            case 403: .forbidden
            case 404: .notFound
            case 409: .conflict
            case 422: .unprocessable
            case 429: .tooManyRequests
            default: .serverError
            }
        let words =
            kind == .tooManyRequests
            ? "API Rate limit exceeded." : "Unexpected server-side error"
        return reply(DigitalOceanRefusal(kind, words), status: status, requestID: takeRequestID())
    }

    /// Authenticates, counts and answers.
    public func answer(_ request: CloudRequest) -> CloudReply {
        let now = clock.now
        state.settle(at: now)
        let requestID = takeRequestID()
        var headers: [(name: String, value: String)] = []
        var reply: CloudReply
        do throws(DigitalOceanRefusal) {
            let token = try authenticated(request)
            let verdict = admit(token, at: now)
            headers = Self.headers(of: verdict, at: now)
            guard verdict.isAdmitted else {
                throw DigitalOceanRefusal(.tooManyRequests, "API Rate limit exceeded.")
            }
            let call = try call(of: request)
            try Self.check(token, grants: call.operation.scope)
            reply = try perform(call, token, at: now)
        } catch {
            reply = self.reply(error, status: error.kind.status, requestID: requestID)
        }
        if case .otherMethod(let methods) = DigitalOceanOperation.table.match(request) {
            headers.append(("allow", methods.joined(separator: ", ")))
        }
        reply.headers = headers + [("x-request-id", requestID)]
        return reply
    }

    private func takeRequestID() -> String {
        requestCount += 1
        return SimulatedUUID.text("bbd8d7d4", requestCount)
    }

    private func authenticated(
        _ request: CloudRequest
    ) throws(DigitalOceanRefusal) -> SimulatedToken {
        let words = (request.header("authorization") ?? "").split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer",
            let token = state.tokens.first(where: { $0.token == words[1] })
        else { throw DigitalOceanRefusal(.unauthorized, "Unable to authenticate you") }
        return token
    }

    private func admit(_ token: SimulatedToken, at now: Timestamp) -> RateLimiter.Verdict {
        let fresh = RateLimiter(
            hourLimit: state.settings.rateHour, minuteLimit: state.settings.rateMinute)
        return limiters[token.token, default: fresh].admit(at: now)
    }

    private static func headers(
        of verdict: RateLimiter.Verdict, at now: Timestamp
    ) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        if let hour = verdict.hour {
            let reset = hour.oldestFallsOut.roundedUpToSecond.seconds
            headers = [
                ("ratelimit-limit", String(hour.limit)),
                ("ratelimit-remaining", String(hour.remaining)),
                ("ratelimit-reset", String(reset)),
            ]
        }
        if let room = verdict.minuteHasRoom {
            let wait = Timestamp(milliseconds: (room - now).wholeMilliseconds).roundedUpToSecond
            headers.append(("retry-after", String(max(1, wait.seconds))))
        }
        return headers
    }

    private func call(of request: CloudRequest) throws(DigitalOceanRefusal) -> DigitalOceanCall {
        switch DigitalOceanOperation.table.match(request) {
        case .found(let route, let names):
            return DigitalOceanCall(request: request, operation: route.operation, names: names)
        case .otherMethod(let methods):
            throw DigitalOceanRefusal(
                .methodNotAllowed, "Only \(methods.joined(separator: ", ")) is allowed here.")
        case .none: throw .notFound
        }
    }

    /// Refuses what a token may not do.
    static func check(
        _ token: SimulatedToken, grants scope: String
    ) throws(DigitalOceanRefusal) {
        guard token.grants(scope) else {
            throw DigitalOceanRefusal(
                .forbidden, "You are missing the required permission \(scope)")
        }
    }

    private func reply(
        _ refusal: DigitalOceanRefusal, status: Int, requestID: String
    ) -> CloudReply {
        .json(
            [
                "id": .text(refusal.kind.rawValue), "message": .text(refusal.message),
                "request_id": .text(requestID),
            ], status: status, headers: [("x-request-id", requestID)])
    }
}

extension DigitalOceanRefusal.Kind {
    /// The HTTP status.
    fileprivate var status: Int {
        switch self {
        case .badRequest: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict: 409
        case .unprocessable: 422
        case .tooManyRequests: 429
        case .serverError: 500
        }
    }
}
