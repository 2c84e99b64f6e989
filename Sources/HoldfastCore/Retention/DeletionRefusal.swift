/// Why the kernel does not let a point be deleted.
public enum DeletionRefusal: Hashable, Sendable {
    case notOurs
    case newestGood
    case newestVerified
    case pinned
    case neededByMinimum(Int)
    case tooYoung(Duration)
    case notMarked
    case keptByRule(KeepReasons)
    case graceNotOver(until: Timestamp)
    case listingIncomplete
    case listingShorter(seen: Int, recorded: Int)
    case newerNotSeen
    case clock(String)
    case guardExceeded(scope: GuardScope, count: Int, of: Int, percent: Int)
    case guardHolds(GuardHold)

    /// The word that metrics, events and the documentation use.
    public var code: String {
        switch self {
        case .notOurs: "not_ours"
        case .newestGood: "newest_good"
        case .newestVerified: "newest_verified"
        case .pinned: "pinned"
        case .neededByMinimum: "needed_by_minimum"
        case .tooYoung: "too_young"
        case .notMarked: "not_marked"
        case .keptByRule: "kept_by_rule"
        case .graceNotOver: "grace"
        case .listingIncomplete: "listing_incomplete"
        case .listingShorter: "listing_shorter"
        case .newerNotSeen: "newer_not_seen"
        case .clock: "clock"
        case .guardExceeded, .guardHolds: "prune_guard"
        }
    }

    /// The reason, for people.
    public var text: String {
        switch self {
        case .notOurs: "it does not carry the token that the history has for it"
        case .newestGood: "it is the newest good point"
        case .newestVerified: "it is the newest point that was verified"
        case .pinned: "it is pinned"
        case .neededByMinimum(let count): "it is one of the newest \(count) (minimum)"
        case .tooYoung(let age): "it is younger than \(DurationText.brief(age)) (min_age)"
        case .notMarked: "it is not marked for deletion"
        case .keptByRule(let reasons):
            "a rule keeps it: \(reasons.texts.joined(separator: ", "))"
        case .graceNotOver(let until): "its grace lasts until \(until)"
        case .listingIncomplete: "the provider's listing was not complete"
        case .listingShorter(let seen, let recorded):
            "the provider lists \(seen) points and the history has \(recorded)"
        case .newerNotSeen: "no newer good point was seen in the provider's listing"
        case .clock(let reason): reason
        case .guardExceeded(let scope, let count, let total, let percent):
            "\(count) of the \(scope.rawValue)'s \(total) points would go at once, more than "
                + "\(percent) % (prune_guard); 'holdfast prune plans' shows them, and "
                + "'holdfast prune confirm HASH' lets that very plan go"
        case .guardHolds(let hold):
            "it is held back since \(hold.since), when too many of the "
                + "\(hold.scope.rawValue)'s points would have gone at once (prune_guard); "
                + "'holdfast prune plans' shows them, and 'holdfast prune confirm HASH' lets that "
                + "very plan go"
        }
    }

    /// What the point carries from now on when a guard refused; `nil` where something else did.
    public func hold(since now: Timestamp) -> GuardHold? {
        switch self {
        case .guardExceeded(let scope, _, let total, _):
            GuardHold(since: now, scope: scope, total: total)
        case .guardHolds(let hold): hold
        default: nil
        }
    }
}
