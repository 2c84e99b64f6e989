import HoldfastCore

/// Stands between the connections and a simulated vendor: puts the faults in, keeps the log, and
/// answers what the rehearsal itself asks under `/_sim`.
public actor CloudDesk {
    private let vendor: any VendorCloud
    private let clock: SimulatedClock
    private let save: (@Sendable ([UInt8]) async throws -> Void)?
    private var faults: FaultPlan
    private var log = RequestLog()

    /// The vendor's name, as the configuration writes it.
    public nonisolated var kind: String { vendor.kind }

    /// Joins a vendor with what is around it.
    ///
    /// - Parameter save: Keeps the state's JSON, and throws when it can't; `nil`: it is not kept.
    public init(
        _ vendor: any VendorCloud, clock: SimulatedClock, faults: FaultPlan = FaultPlan(),
        save: (@Sendable ([UInt8]) async throws -> Void)? = nil
    ) {
        self.vendor = vendor
        self.clock = clock
        self.faults = faults
        self.save = save
    }

    /// Replaces the faults; their counts begin anew.
    public func order(_ faults: FaultPlan) {
        self.faults = faults
    }

    /// How many requests took a route (`GET /v2/droplets/{droplet_id}`) so far.
    ///
    /// - Parameter status: Only those answered with it; `nil`: all, also those cut off.
    public func requestCount(of route: String, status: Int? = nil) -> Int64 {
        log.count(of: route, status: status)
    }

    /// Keeps the vendor's state where the desk was told to, if it was.
    ///
    /// - Throws: What keeping it met with.
    public func saveState() async throws {
        try await save?(vendor.savedState())
    }

    /// Answers one request.
    ///
    /// - Throws: `CancellationError` while a delay or a slow vendor was waited for.
    public func answer(_ request: CloudRequest) async throws -> CloudOutcome {
        if request.path.hasPrefix("/_sim/") { return .reply(stamped(await control(request))) }
        let deeds = faults.deeds(for: request)
        let outcome = try await outcome(of: request, deeds)
        let status: Int? =
            switch outcome {
            case .reply(let reply), .truncated(let reply): reply.status
            case .cut: nil
            }
        let number = log.add(
            request, route: vendor.route(of: request), status: status, at: clock.now)
        switch outcome {
        case .reply(let reply): return .reply(logged(reply, number))
        case .truncated(let reply): return .truncated(logged(reply, number))
        case .cut: return .cut
        }
    }

    /// Puts into the log what becomes of a streamed body.
    private func logged(_ reply: CloudReply, _ number: Int64) -> CloudReply {
        guard let stream = reply.stream else { return reply }
        var reply = reply
        log.streamBegan(number)
        reply.stream = stream.telling {
            await self.streamSent(number)
        } ended: { ending in
            await self.streamEnded(number, ending)
        }
        return reply
    }

    private func streamSent(_ number: Int64) {
        log.streamSent(number)
    }

    private func streamEnded(_ number: Int64, _ ending: CloudStream.Ending) {
        log.streamEnded(number, ending)
    }

    private func outcome(
        of request: CloudRequest, _ deeds: [Fault.Deed]
    ) async throws -> CloudOutcome {
        var request = request
        for deed in deeds {
            switch deed {
            case .delay(let time): try await Task.sleep(for: time)
            case .actionErrored: request.orders.actionErrs = true
            case .endlessPages: request.orders.pagesAreEndless = true
            default: break
            }
        }
        for deed in deeds {
            switch deed {
            case .status(let code, let retryAfter, let form):
                let reply = await ordered(code, retryAfter: retryAfter, form, request)
                return .reply(stamped(marked(reply, "status"), deeds))
            case .cutBefore: return .cut
            default: break
            }
        }
        let reply = await vendor.answer(request)
        // Nobody waits for it any more.
        try Task.checkCancellation()
        for deed in deeds {
            switch deed {
            case .cutAfter: return .cut
            case .lostReply:
                let reply = await vendor.refusal(status: 500, of: request)
                return .reply(stamped(marked(reply, "lost_reply"), deeds))
            case .emptyReply:
                let empty = CloudReply(status: 200, headers: reply.headers)
                return .reply(stamped(marked(empty, "empty_200"), deeds))
            case .truncate: return .truncated(stamped(reply, deeds))
            case .hugeBody(let bytes) where reply.mayHaveBody:
                var padded = reply
                padded.padding = bytes
                return .reply(stamped(padded, deeds))
            default: break
            }
        }
        return .reply(stamped(reply, deeds))
    }

    private func ordered(
        _ status: Int, retryAfter: Int64?, _ form: Fault.BodyForm, _ request: CloudRequest
    ) async -> CloudReply {
        var reply: CloudReply
        switch form {
        case .json: reply = await vendor.refusal(status: status, of: request)
        case .text:
            reply = CloudReply(
                status: status, contentType: "text/plain", body: Array("fault on order\n".utf8))
        case .html:
            let page =
                "<html><head><title>\(status)</title></head><body>fault on order</body></html>"
            reply = CloudReply(
                status: status, contentType: "text/html; charset=utf-8", body: Array(page.utf8))
        }
        if !reply.mayHaveBody { reply = CloudReply(status: status) }
        if let retryAfter { reply.headers.append(("retry-after", String(retryAfter))) }
        return reply
    }

    /// Names the fault, so that nobody takes the answer for the vendor's own.
    private func marked(_ reply: CloudReply, _ fault: String) -> CloudReply {
        var reply = reply
        reply.headers.append(("x-holdfast-fault", fault))
        return reply
    }

    /// Puts the date on, right or wrong.
    private func stamped(_ reply: CloudReply, _ deeds: [Fault.Deed] = []) -> CloudReply {
        var now = clock.now
        for case .clockSkew(let skew) in deeds { now = now + skew }
        var reply = reply
        reply.headers.append(("date", HTTPDate.text(of: now)))
        return reply
    }
}

extension CloudDesk {
    /// The paths under `/_sim`; faults and authentication do not touch them.
    private func control(_ request: CloudRequest) async -> CloudReply {
        switch (request.method, request.path) {
        case ("GET", "/_sim/faults"): return .json(faults.json)
        case ("POST", "/_sim/faults"):
            do {
                order(try FaultPlan(json: request.body))
                return .json(faults.json)
            } catch {
                return refused(error.description)
            }
        case ("GET", "/_sim/requests"): return .json(log.json)
        case ("GET", "/_sim/state"):
            return await performing {
                CloudReply(
                    status: 200, contentType: "application/json",
                    body: try await vendor.savedState())
            }
        case ("POST", "/_sim/save"):
            guard save != nil else {
                return refused("the state is kept nowhere; start with --state FILE", status: 409)
            }
            return await performing {
                try await saveState()
                return CloudReply(status: 204)
            }
        case ("POST", "/_sim/clock"): return moveClock(request)
        case ("POST", "/_sim/estate"): return await changeEstate(request)
        default: return refused("\(request.method) \(request.path) is not known", status: 404)
        }
    }

    private func moveClock(_ request: CloudRequest) -> CloudReply {
        guard let seconds = JSON.reading(request.body)?["advance_seconds"]?.number,
            abs(seconds) <= 4_000_000_000
        else {
            return refused(#"the clock is moved by JSON such as {"advance_seconds": 86400}"#)
        }
        clock.advance(by: .seconds(seconds))
        return .json(["now": .text(clock.now.rfc3339)])
    }

    private func changeEstate(_ request: CloudRequest) async -> CloudReply {
        do throws(InvalidEstateChange) {
            let id = try await vendor.change(try EstateChange(json: request.body))
            return .json(["id": .text(id)])
        } catch {
            return refused(error.description)
        }
    }

    private func performing(_ body: () async throws -> CloudReply) async -> CloudReply {
        do {
            return try await body()
        } catch {
            return refused("\(error)", status: 500)
        }
    }

    private func refused(_ words: String, status: Int = 400) -> CloudReply {
        .json(["error": .text(words)], status: status)
    }
}
