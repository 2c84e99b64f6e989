import Foundation
import HoldfastCore

/// A simulated IONOS contract that speaks the vendor's Cloud API, version 6.
public actor IONOSCloud: VendorCloud {
    /// The contract; only handlers of this type change it.
    var state: IONOSState
    let clock: SimulatedClock
    /// By login.
    private var buckets: [String: TokenBucket] = [:]

    /// Opens a contract.
    ///
    /// - Parameters:
    ///   - savedState: What `savedState()` gave; `nil`: begin with the estate.
    ///   - estate: What a new contract holds.
    ///   - clock: Is moved to the instant of the saved state when that is later.
    ///   - adjusting: Changes the settings, saved ones too.
    /// - Throws: `DecodingError` when the saved state is none; what `adjusting` throws.
    public init(
        savedState: [UInt8]? = nil, estate: IONOSEstate = .small, clock: SimulatedClock,
        adjusting: @Sendable (inout IONOSSettings) throws -> Void = { _ in }
    ) throws {
        var state =
            try savedState.map { try IONOSState(json: $0) } ?? estate.state(at: clock.now)
        try adjusting(&state.settings)
        clock.catchUp(with: state.settledAt?.instant)
        state.settle(at: clock.now)
        self.state = state
        self.clock = clock
    }

    /// `ionos`.
    public nonisolated var kind: String { "ionos" }

    /// The first login, by token and by password, and the contract's number.
    public var credentials: [String: String] {
        [
            "token": state.logins.first?.token ?? "",
            "username": state.logins.first?.username ?? "",
            "password": state.logins.first?.password ?? "",
            "contract_number": String(state.contract.number),
        ]
    }

    /// The vendor's path, with its names.
    public nonisolated func route(of request: CloudRequest) -> String? {
        IONOSOperation.table.pattern(of: request)
    }

    /// The contract as JSON.
    public func savedState() throws -> [UInt8] {
        state.settle(at: clock.now)
        return try state.json()
    }

    /// The vendor's error body.
    public func refusal(status: Int) -> CloudReply {
        IONOSRefusal.ordered(status).reply
    }

    /// Authenticates, counts and answers.
    public func answer(_ request: CloudRequest) -> CloudReply {
        let now = clock.now
        state.settle(at: now)
        var headers: [(name: String, value: String)] = []
        var reply: CloudReply
        do throws(IONOSRefusal) {
            let login = try login(of: request)
            if let verdict = admit(login, at: now) {
                headers = self.headers(of: verdict)
                guard verdict.isAdmitted else { throw .tooManyRequests }
            }
            try checkContract(of: request)
            let call = try call(of: request, by: login)
            if let right = call.operation.right {
                guard login.rights.contains(right) else { throw .forbidden }
            }
            reply = try perform(call, at: now)
        } catch {
            reply = error.reply
        }
        if case .otherMethod(let methods) = IONOSOperation.table.match(request) {
            headers.append(("allow", methods.joined(separator: ", ")))
        }
        reply.headers += headers
        return reply
    }

    private func login(of request: CloudRequest) throws(IONOSRefusal) -> IONOSLogin {
        let words = (request.header("authorization") ?? "").split(separator: " ")
        guard words.count == 2 else { throw .unauthorized }
        let login: IONOSLogin? =
            switch words[0].lowercased() {
            case "bearer": state.logins.first { $0.token == words[1] }
            case "basic": login(byPassword: String(words[1]))
            default: nil
            }
        guard let login else { throw .unauthorized }
        return login
    }

    /// - Parameter word: `NAME:PASSWORD` in base 64.
    private func login(byPassword word: String) -> IONOSLogin? {
        guard let data = Data(base64Encoded: word),
            let text = String(bytes: data, encoding: .utf8)
        else { return nil }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        return state.logins.first {
            $0.username == parts[0] && $0.password == parts[1] && !$0.hasTwoFactors
        }
    }

    private func checkContract(of request: CloudRequest) throws(IONOSRefusal) {
        guard let text = request.header("x-contract-number") else { return }
        guard let number = Int64(text) else {
            throw .syntax("The header 'X-Contract-Number' must be an integer")
        }
        guard number == state.contract.number else {
            throw IONOSRefusal(403, "The contract \(number) is not yours")
        }
    }

    /// `nil`: there is no limit.
    private func admit(_ login: IONOSLogin, at now: Timestamp) -> TokenBucket.Verdict? {
        guard state.settings.rateMinute > 0 else { return nil }
        let fresh = TokenBucket(
            perMinute: state.settings.rateMinute, burst: max(1, state.settings.rateBurst), at: now)
        return buckets[login.username, default: fresh].admit(at: now)
    }

    private func headers(of verdict: TokenBucket.Verdict) -> [(name: String, value: String)] {
        var headers = [
            (name: "x-ratelimit-limit", value: String(state.settings.rateMinute)),
            (name: "x-ratelimit-remaining", value: String(verdict.remaining)),
            (name: "x-ratelimit-burst", value: String(max(1, state.settings.rateBurst))),
        ]
        if let wait = verdict.wait, state.settings.sendsRetryAfter {
            headers.append(("retry-after", String((wait.wholeMilliseconds + 999) / 1000)))
        }
        return headers
    }

    private func call(
        of request: CloudRequest, by login: IONOSLogin
    ) throws(IONOSRefusal) -> IONOSCall {
        switch IONOSOperation.table.match(request) {
        case .found(let route, let names):
            return IONOSCall(
                request: request, operation: route.operation, login: login, names: names)
        case .otherMethod(let methods):
            throw IONOSRefusal(405, "Only \(methods.joined(separator: ", ")) is allowed here")
        case .none: throw .notFound
        }
    }
}
