import Foundation
import HoldfastCore

/// An explanation as people read it, line by line.
extension ExplanationWire {
    /// The lines; texts from outside are in them as they are.
    public var lines: [String] {
        var lines = [
            "\(point.id) of \(point.target), taken \(Self.show(point.takenAt)) "
                + "(policy \(point.policy), provider \(point.provider))", "",
        ]
        switch verdict {
        case "kept": lines += keptLines
        case "going": lines += goingLines
        case "orphan":
            lines.append(
                "It is an orphan: \(point.target) is not under \(point.policy) any more. Of such points "
                    + "the policy keeps '\(orphanRules ?? "")', afterwards the newest one.")
            lines.append(
                point.heldSince.map {
                    "It was let go, and waits since \(Self.show($0)) for 'holdfast prune confirm' "
                        + "(prune_guard)."
                } ?? point.deleteAfter.map { "It was let go, and goes after \(Self.show($0))." }
                    ?? "It is not let go now. 'holdfast points --orphans' tells of all.")
            lines += pinLines
        case "unmanaged":
            lines.append("It stays: nothing prunes it, because \(unmanagedBecause ?? "").")
            if let markedAt = point.markedAt {
                lines.append("Its mark of \(Self.show(markedAt)) has no effect.")
            }
            lines += pinLines
        case "vendor":
            lines += [
                "It is the vendor's own: a policy of the vendor's made it. Holdfast never deletes it.",
                vendorEndsAt.map { "The vendor keeps it until about \(Self.show($0))." }
                    ?? "How long the vendor keeps it is not known here.",
            ]
        default: lines += goneLines
        }
        if verdict != "vendor", let vendorEndsAt {
            lines.append(
                "The vendor itself ends it at about \(Self.show(vendorEndsAt)), whatever is said here."
            )
        }
        if let targetEndsAt {
            lines.append(
                "The vendor ends its machine on \(targetEndsAt.rfc3339.prefix(10)) and deletes it then, "
                    + "whatever is said here: copy what is to stay.")
        }
        if verdict == "going" || verdict == "kept" || verdict == "orphan", let pause {
            let end = pause.until.map { "until \(Self.show($0))" } ?? "with no end"
            lines.append(
                "Its policy \(pause.policy) is paused since \(Self.show(pause.pausedAt)), \(end): it is not "
                    + "deleted before that ends ('holdfast resume \(pause.policy)').")
        }
        if mayMakeRoom {
            lines.append(
                "Once let go it may go before its grace is over, to make room for a backup "
                    + "(when_full: replace_oldest).")
        }
        lines += historyLines
        return lines + ["", inForce]
    }

    private var keptLines: [String] {
        var lines: [String] = []
        let rules = keptBy ?? []
        lines.append(rules.isEmpty ? "It is kept by no rule, but it stays:" : "It is kept by:")
        lines += rules.map { "  \($0.rule) (\($0.text))" }
        lines += (keptBesides ?? []).map { "  \($0)" }
        if let floors, !floors.isEmpty {
            if !rules.isEmpty { lines.append("and besides:") }
            lines += floors.map { "  \($0.text)" + Self.end(of: $0) }
        }
        if let forecast { lines.append(Self.sentence(forecast.text)) }
        return lines
    }

    private static func end(of floor: Floor) -> String {
        switch floor.code {
        case "too_young": floor.until.map { ", until \(show($0))" } ?? ""
        case "newest_verified": ", until a newer one is verified"
        default: ""
        }
    }

    private var goingLines: [String] {
        var lines = ["No rule keeps it:"]
        lines += (notKeptBy ?? []).map { "  \($0.rule), but \($0.text)" }
        guard let markedAt = point.markedAt, let deleteAfter = point.deleteAfter else {
            return lines
                + [
                    "It is not marked yet; the next review marks it, and it goes after the grace.",
                    kernelRefusal.map { "Nothing is reviewed now: \($0.text)." },
                ].compactMap { $0 }
        }
        let end =
            deleteAfter <= now ? ", and its grace ended at" : " and goes after"
        lines.append(
            "It was marked at \(Self.show(markedAt)) (\(point.markReason ?? ""))\(end) "
                + "\(Self.show(deleteAfter)).")
        if let kernelRefusal {
            lines.append("It would not be deleted now: \(kernelRefusal.text).")
        } else if pause == nil {
            lines.append(
                "Nothing that is known here stops its deletion; the provider's listing is asked first."
            )
        }
        lines.append("To keep it: holdfast prune keep \(point.id)")
        return lines
    }

    private var goneLines: [String] {
        let damaged = point.state == "damaged"
        var lines = [
            damaged
                ? "It is damaged: it counts for no rule, and nothing deletes it."
                : "It is gone: \(point.state)."
        ]
        guard let ending else {
            return lines + ["The audit log does not tell when."]
        }
        let job = ending.job.map { ", job \($0)" } ?? ""
        lines.append("  when: \(Self.show(ending.at))")
        lines.append("  by: \(ending.actor)\(job)")
        lines += Self.details(of: ending).map { "  \($0.key): \($0.value)" }
        return lines + pinLines
    }

    private var pinLines: [String] {
        guard let pin = point.pin else { return [] }
        let state = pin.isHold ? "on hold" : "pinned"
        let until = pin.until.map { " until \(Self.show($0))" } ?? ""
        return ["It is \(state)\(until), by \(pin.by) at \(Self.show(pin.at)): \(pin.reason)"]
    }

    /// What people did with it; the end is told above.
    private var historyLines: [String] {
        let told = events.filter { Self.deeds.contains($0.kind) }
        guard !told.isEmpty else { return [] }
        return ["", "What happened to it, newest first:"]
            + told.map { event in
                let details = Self.details(of: event)
                let reason = details.first { $0.key == "reason" }.map { ": \($0.value)" } ?? ""
                return "  \(Self.show(event.at))  \(event.kind) by \(event.actor)\(reason)"
            }
    }

    private static let deeds: Set<String> = [
        EventKind.pointPinned.rawValue, EventKind.pointUnpinned.rawValue,
        EventKind.holdPlaced.rawValue, EventKind.holdLifted.rawValue,
        EventKind.pointUnmarked.rawValue, EventKind.pointVerified.rawValue,
        EventKind.pointRestored.rawValue,
    ]

    private var inForce: String {
        let digest = "configuration \(configurationDigest.prefix(12))"
        guard let rules, let zone, let limits else { return "In force: \(digest)." }
        let list = rules.isEmpty ? "no rule" : rules.joined(separator: ", ")
        return "In force: policy \(point.policy): \(list), in \(zone); \(limits) (\(digest))."
    }

    private static func show(_ instant: Timestamp) -> String {
        instant.roundedDownToSecond.rfc3339
    }

    private static func sentence(_ clause: String) -> String {
        clause.prefix(1).uppercased() + clause.dropFirst() + "."
    }

    /// The members of an event's detail, sorted, lists with commas.
    private static func details(of event: EventWire) -> [(key: String, value: String)] {
        let decoded: Any
        do {
            decoded = try JSONSerialization.jsonObject(with: Data(event.detail.utf8))
        } catch {
            return [("detail", event.detail)]  // a newer version's, shown as it is
        }
        guard let members = decoded as? [String: Any] else { return [("detail", event.detail)] }
        return members.sorted { $0.key < $1.key }.map { key, value in
            let text = (value as? [Any])?.map { "\($0)" }.joined(separator: ", ") ?? "\(value)"
            return (key, text)
        }
    }
}
