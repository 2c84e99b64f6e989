/// What becomes of a point's pin, and what the audit log says of it.
public struct PinChange: Hashable, Sendable {
    /// The pin from now on; `nil`: none.
    public let pin: PointPin?
    /// What happened, in order.
    public let events: [NewEvent]
}

extension RecoveryPoint {
    /// The reason of a pin that `keep` sets and nobody gave another one for.
    public static let keptReason = "kept from pruning"

    /// Decides what a request for a pin comes to.
    ///
    /// A pin never replaces a hold; a hold replaces a pin, and the event has what it replaced.
    ///
    /// - Throws: `ControlRefusal` with what is wrong and what to do.
    public func pinned(
        as request: PinRequest, by actor: Actor, at now: Timestamp
    ) throws(ControlRefusal) -> PinChange {
        try checkPinnable()
        let reason = try Self.checked(
            request.reason, orElse: "a \(request.isHold ? "hold" : "pin") needs a reason")
        guard !request.isHold || request.until == nil else {
            throw ControlRefusal(
                .invalid,
                "a hold has no end, it is lifted; leave --until out, or pin without --hold")
        }
        if let pin, pin.isHold, !request.isHold {
            throw ControlRefusal(
                .conflict,
                "point \(remote.token) is on hold since \(pin.at.roundedDownToSecond), by \(pin.actor): \(pin.reason); "
                    + "a pin does not replace a hold. If the hold is over, lift it first with "
                    + "'holdfast unpin --lift-hold'")
        }
        let until = try request.until.map { text throws(ControlRefusal) in
            try Self.end(text, now: now)
        }
        let fresh = PointPin(
            reason: reason, actor: actor.description, at: now, until: until, isHold: request.isHold)
        return PinChange(pin: fresh, events: events(of: fresh, by: actor, at: now))
    }

    /// Decides what a request comes to that a point which retention let go stays.
    public func kept(
        because reason: String?, by actor: Actor, at now: Timestamp
    ) throws(ControlRefusal) -> PinChange {
        try checkPinnable()
        guard mark != nil else {
            let state = isPinned(at: now) ? pin.map { ", \($0.text)" } ?? "" : ""
            throw ControlRefusal(
                .conflict,
                "point \(remote.token) is not marked for deletion\(state), so there is nothing to "
                    + "keep it from; 'holdfast pin' makes it stay whatever comes")
        }
        return try pinned(as: PinRequest(reason: reason ?? Self.keptReason), by: actor, at: now)
    }

    /// Decides what a request for the end of a pin or hold comes to.
    public func unpinned(
        as request: UnpinRequest, by actor: Actor, at now: Timestamp
    ) throws(ControlRefusal) -> PinChange {
        guard let pin else {
            throw ControlRefusal(.conflict, "point \(remote.token) is neither pinned nor on hold")
        }
        guard pin.isHold || !request.isLiftingHold else {
            throw ControlRefusal(
                .invalid,
                "point \(remote.token) is pinned, not on hold; leave --lift-hold out")
        }
        guard !pin.isHold || request.isLiftingHold else {
            throw ControlRefusal(
                .invalid,
                "point \(remote.token) is on hold since \(pin.at.roundedDownToSecond), by \(pin.actor): \(pin.reason); "
                    + "if the hold is over, add --lift-hold and --reason")
        }
        let reason =
            pin.isHold || request.reason != nil
            ? try Self.checked(request.reason, orElse: "lifting a hold needs a reason") : nil
        return PinChange(
            pin: nil,
            events: [
                event(
                    pin.isHold ? .holdLifted : .pointUnpinned, by: actor, at: now,
                    detail: Self.detail(of: pin, prefix: "was_").merging(
                        reason.map { ["reason": .text($0)] } ?? [:]
                    ) { $1 })
            ])
    }

    /// What ends with a pin whose time is over.
    public func pinEnded(at now: Timestamp) -> PinChange {
        let was = pin.map { Self.detail(of: $0, prefix: "was_") } ?? [:]
        return PinChange(
            pin: nil,
            events: [
                event(
                    .pointUnpinned, by: .scheduler, at: now,
                    detail: was.merging(["reason": "its end has come"]) { $1 })
            ])
    }

    private func checkPinnable() throws(ControlRefusal) {
        guard state == .available else {
            throw ControlRefusal(
                .conflict,
                "point \(remote.token) is \(state.rawValue); only one that is there and whole can "
                    + "be pinned ('holdfast explain' tells what became of it)")
        }
        guard origin != .vendor else {
            throw ControlRefusal(
                .invalid,
                "point \(remote.token) is the vendor's own: Holdfast never deletes it, and can't "
                    + "keep the vendor from it; back the target up under a policy with "
                    + "'enforce: managed' and pin that point")
        }
    }

    private static func checked(
        _ reason: String?, orElse missing: String
    ) throws(ControlRefusal) -> String {
        guard let reason, reason.contains(where: { !$0.isWhitespace }) else {
            throw ControlRefusal(.invalid, "\(missing); add --reason with one")
        }
        let isLine = reason.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control && $0 != "\u{2028}" && $0 != "\u{2029}"
        }
        guard reason.count <= PointPin.reasonMax, reason.utf8.count <= 4 * PointPin.reasonMax,
            isLine
        else {
            throw ControlRefusal(
                .invalid,
                "a reason is one line of at most \(PointPin.reasonMax) characters; shorten it")
        }
        return reason
    }

    private static func end(_ text: String, now: Timestamp) throws(ControlRefusal) -> Timestamp {
        guard let until = PinEnd.parse(text, now: now) else {
            throw ControlRefusal(
                .invalid,
                "'\(BoundedText.cut(text, to: 100))' is no end of a pin; write \(PinEnd.hint)")
        }
        guard until.isPrintable else {
            throw ControlRefusal(
                .invalid,
                "'\(BoundedText.cut(text, to: 100))' is too far away; the last day is 9999-12-30; "
                    + "leave --until out for a pin without an end")
        }
        guard until > now else {
            throw ControlRefusal(
                .invalid,
                "a pin until \(until) would be over already (it is \(now)); write a later end, or "
                    + "leave --until out")
        }
        return until
    }

    private func events(of fresh: PointPin, by actor: Actor, at now: Timestamp) -> [NewEvent] {
        var detail = Self.detail(of: fresh, prefix: "")
        if let pin { detail.merge(Self.detail(of: pin, prefix: "was_")) { $1 } }
        var events = [
            event(fresh.isHold ? .holdPlaced : .pointPinned, by: actor, at: now, detail: detail)
        ]
        if mark != nil {
            events.append(
                event(
                    .pointUnmarked, by: actor, at: now,
                    detail: [
                        "count": 1, "points": .list([remote.token.text]),
                        "reason": .list([fresh.text]),
                    ]))
        }
        return events
    }

    private func event(
        _ kind: EventKind, by actor: Actor, at now: Timestamp, detail: [String: DetailValue]
    ) -> NewEvent {
        NewEvent(
            at: now, kind: kind, actor: actor, assignment: assignment, token: remote.token,
            detail: detail)
    }

    private static func detail(of pin: PointPin, prefix: String) -> [String: DetailValue] {
        var detail: [String: DetailValue] = [prefix + "reason": .text(pin.reason)]
        if let until = pin.until { detail[prefix + "until"] = .text(until.rfc3339) }
        guard !prefix.isEmpty else { return detail }
        detail[prefix + "kind"] = .text(pin.kind)
        detail[prefix + "by"] = .text(pin.actor)
        detail[prefix + "since"] = .text(pin.at.rfc3339)
        return detail
    }
}
