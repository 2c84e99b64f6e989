public import HoldfastCore

/// The answer to `GET /v1/points/{point}/explain`.
public struct ExplanationWire: Codable, Sendable {
    /// A rule that keeps the point.
    public struct Place: Codable, Sendable {
        /// The rule as the configuration writes it.
        public let rule: String
        /// The calendar period that the point stands for; absent where the rule counts none.
        public let period: String?
        /// Which of the rule's places it takes, from the newest.
        public let place: Int
        /// How many places the rule has; absent: as many as there are.
        public let places: Int?
        /// Whether it is the oldest of all, in a place that was left over.
        public let leftOver: Bool
        /// For people.
        public let text: String
    }

    /// A rule that does not keep the point.
    public struct Miss: Codable, Sendable {
        /// The rule as the configuration writes it.
        public let rule: String
        /// `period_taken`, `places_taken` or `too_old`.
        public let cause: String
        /// The calendar period that a newer point stands for.
        public let period: String?
        /// The token of the newer point.
        public let newerPoint: String?
        /// For people.
        public let text: String
    }

    /// A floor of the deletion kernel.
    public struct Floor: Codable, Sendable {
        /// Its code, as in `prune.refused`.
        public let code: String
        /// For people.
        public let text: String
        /// When it keeps the point no longer, where that is known.
        public let until: Timestamp?
    }

    /// Until when the point stays.
    public struct Forecast: Codable, Sendable {
        /// `until`, `for_ever` or `beyond`.
        public let kind: String
        /// Nothing keeps it from then on.
        public let letGoAt: Timestamp?
        /// Deleted after that.
        public let deleteAfter: Timestamp?
        /// Still kept then; nobody looked further.
        public let stillKeptAt: Timestamp?
        /// For people.
        public let text: String
    }

    /// The point.
    public let point: PointWire
    /// `kept`, `going`, `orphan`, `unmanaged`, `vendor` or `gone`.
    public let verdict: String
    /// The instant of the explanation.
    public let now: Timestamp
    /// SHA-256 of the configuration in force.
    public let configurationDigest: String
    /// The rules in force; absent when the policy is not declared any more.
    public let rules: [String]?
    /// What else of the policy counts, for people.
    public let limits: String?
    /// Whose calendar counts.
    public let zone: String?
    /// For `kept`: the rules that keep it.
    public let keptBy: [Place]?
    /// For `kept`: what else keeps it, for people.
    public let keptBesides: [String]?
    /// For `kept`: the floors below the rules that would keep it.
    public let floors: [Floor]?
    /// For `kept`: until when.
    public let forecast: Forecast?
    /// For `going`: why no rule keeps it.
    public let notKeptBy: [Miss]?
    /// For `going`: what the kernel would refuse it for now; absent when nothing is known.
    public let kernelRefusal: Floor?
    /// For `unmanaged`: why nothing prunes it.
    public let unmanagedBecause: String?
    /// For `orphan`: what the policy keeps of such points, as the configuration has it.
    public let orphanRules: String?
    /// The vendor itself ends it then, whatever the policy says.
    public let vendorEndsAt: Timestamp?
    /// The vendor ends the machine then and deletes the point with it.
    public let targetEndsAt: Timestamp?
    /// Its policy is paused; nothing of it is deleted before that ends.
    public let pause: PauseWire?
    /// Whether, once let go, it may make room for a backup before its grace is over.
    public let mayMakeRoom: Bool
    /// For `gone`: the event that tells of its end.
    public let ending: EventWire?
    /// The newest events about it, newest first.
    public let events: [EventWire]

    init(_ explanation: PointExplanation) {
        point = PointWire(explanation.point)
        now = explanation.now
        configurationDigest = explanation.configurationDigest
        let policy = explanation.policy
        rules = policy?.retention.rules.summary
        limits = policy?.retention.limits
        zone = policy?.schedule.zone.name
        events = explanation.events.map(EventWire.init)
        var kept: PointExplanation.Keeping?
        var going: PointExplanation.Going?
        var (absence, end): (String?, Event?)
        var orphans: OrphanRules?
        var vendorEnd = explanation.vendorEndsAt
        switch explanation.verdict {
        case .kept(let keeping): (verdict, kept) = ("kept", keeping)
        case .going(let leaving): (verdict, going) = ("going", leaving)
        case .orphan(let rules): (verdict, orphans) = ("orphan", rules)
        case .unmanaged(let why): (verdict, absence) = ("unmanaged", why)
        case .vendors(let endsAt): (verdict, vendorEnd) = ("vendor", endsAt)
        case .gone(let event): (verdict, end) = ("gone", event)
        }
        keptBy = kept?.places.map(Place.init)
        keptBesides = kept.flatMap { $0.others.isEmpty ? nil : $0.others }
        floors = kept?.floors.map { Floor($0, of: explanation) }
        forecast = kept.map { Forecast($0.forecast) }
        notKeptBy = going?.misses.map(Miss.init)
        kernelRefusal = going?.refusal.map { Floor($0, of: explanation) }
        unmanagedBecause = absence
        orphanRules = orphans?.text
        vendorEndsAt = vendorEnd
        targetEndsAt = explanation.targetEndsAt
        pause = explanation.pause.map(PauseWire.init)
        mayMakeRoom = explanation.mayMakeRoom && (kept != nil || going != nil)
        ending = end.map(EventWire.init)
    }
}

extension ExplanationWire.Place {
    init(_ place: RulePlace) {
        self.init(
            rule: place.rule, period: place.period, place: place.place, places: place.placeCount,
            leftOver: place.isLeftOver, text: place.text)
    }
}

extension ExplanationWire.Miss {
    init(_ miss: RuleMiss) {
        var (period, newer): (String?, RecoveryPoint?)
        switch miss.cause {
        case .periodTaken(let name, _, let by): (period, newer) = (name, by)
        case .placesTaken(_, let last): newer = last
        case .tooOld: break
        }
        self.init(
            rule: miss.rule, cause: miss.code, period: period,
            newerPoint: newer?.remote.token.text, text: miss.text)
    }
}

extension ExplanationWire.Floor {
    init(_ refusal: DeletionRefusal, of explanation: PointExplanation) {
        let point = explanation.point
        var (text, until) = (refusal.text, Timestamp?.none)
        switch refusal {
        case .pinned:
            if let pin = point.pin {
                text =
                    "\(pin.text), by \(pin.actor) at \(pin.at.roundedDownToSecond): \(pin.reason)"
                until = pin.until
            }
        case .tooYoung(let age): until = point.remote.takenAt + age
        default: break
        }
        self.init(code: refusal.code, text: text, until: until)
    }
}

extension ExplanationWire.Forecast {
    init(_ forecast: KeepForecast) {
        switch forecast {
        case .until(let letGo, let deleteAfter):
            self.init(
                kind: "until", letGoAt: letGo, deleteAfter: deleteAfter, stillKeptAt: nil,
                text: forecast.text)
        case .forEver:
            self.init(
                kind: "for_ever", letGoAt: nil, deleteAfter: nil, stillKeptAt: nil,
                text: forecast.text)
        case .beyond(let instant, _):
            self.init(
                kind: "beyond", letGoAt: nil, deleteAfter: nil, stillKeptAt: instant,
                text: forecast.text)
        }
    }
}
