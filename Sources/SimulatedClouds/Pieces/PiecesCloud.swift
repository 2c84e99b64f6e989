import HoldfastCore

/// A simulated Pieces OS on the user's own machine, with the user's cloud behind it.
public actor PiecesCloud: VendorCloud {
    /// The server and its cloud; only handlers of this type change it.
    var state: PiecesState
    let clock: SimulatedClock

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - savedState: What `savedState()` gave; `nil`: begin with the estate.
    ///   - estate: What a new cloud holds.
    ///   - clock: Is moved to the instant of the saved state when that is later.
    ///   - adjusting: Changes the settings, saved ones too.
    /// - Throws: `DecodingError` when the saved state is none; what `adjusting` throws.
    public init(
        savedState: [UInt8]? = nil, estate: PiecesEstate = .small, clock: SimulatedClock,
        adjusting: @Sendable (inout PiecesSettings) throws -> Void = { _ in }
    ) throws {
        var state =
            try savedState.map { try PiecesState(json: $0) } ?? estate.state(at: clock.now)
        try adjusting(&state.settings)
        clock.catchUp(with: state.settledAt?.instant)
        state.settle(at: clock.now)
        self.state = state
        self.clock = clock
    }

    /// `pieces`.
    public nonisolated var kind: String { "pieces" }

    /// None, unless an application has to say who it is.
    public var credentials: [String: String] {
        state.settings.requiresApplication ? ["application_id": state.application] : [:]
    }

    /// Changes settings while it runs: the user signs out, the cloud goes down.
    public func adjust(_ change: @Sendable (inout PiecesSettings) -> Void) {
        state.settle(at: clock.now)
        change(&state.settings)
    }

    /// The vendor's path, with its names.
    public nonisolated func route(of request: CloudRequest) -> String? {
        PiecesOperation.table.pattern(of: request)
    }

    /// The server and its cloud as JSON.
    public func savedState() throws -> [UInt8] {
        state.settle(at: clock.now)
        return try state.json()
    }

    /// The vendor's error body: a line of text.
    public func refusal(status: Int) -> CloudReply {
        let refusal =
            switch status {
            case 505: PiecesRefusal.tooOld
            case 511: PiecesRefusal.notSignedIn
            default: PiecesRefusal.failed("Something went wrong.")
            }
        return PiecesRefusal.reply(status, refusal.message)
    }

    /// Looks whether it may be done, does it and answers; a creation takes its time.
    public func answer(_ request: CloudRequest) async -> CloudReply {
        state.settle(at: clock.now)
        do throws(PiecesRefusal) {
            switch PiecesOperation.table.match(request) {
            case .found(let route, let names):
                try check(request, has: route.operation.need)
                return try await perform(route.operation, names.first ?? "", request)
            case .otherMethod(let methods):
                var reply = PiecesRefusal.reply(405, "Method Not Allowed")
                reply.headers.append(("allow", methods.joined(separator: ", ")))
                return reply
            case .none: throw PiecesRefusal(404, "Not Found")
            }
        } catch {
            return error.reply
        }
    }

    private func check(
        _ request: CloudRequest, has need: PiecesOperation.Need
    ) throws(PiecesRefusal) {
        let settings = state.settings
        if need >= .application, settings.requiresApplication {
            let given = request.header(settings.applicationHeader.lowercased())
            guard given == state.application else {
                throw PiecesRefusal(
                    settings.unknownApplicationStatus,
                    "\(settings.applicationHeader) names no connected application.")
            }
        }
        guard need >= .cloud else { return }
        guard !settings.needsUpdate else { throw .tooOld }
        guard settings.signedIn else { throw .notSignedIn }
        guard settings.connectedStatuses.contains(settings.cloudStatus) else {
            throw .notConnected
        }
        let isUnwell =
            switch settings.cloudHealth {
            case .well: false
            case .listsFail: need == .cloudLists
            case .down: true
            }
        guard !isUnwell else { throw .cloudFailed }
    }
}
