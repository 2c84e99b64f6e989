public import HoldfastCore

/// What `holdfast coverage --from … --to … --json` prints: days worked out from `GET /v1/breaches`.
public struct CoverageReportWire: Codable, Sendable {
    /// One local day.
    public struct Day: Codable, Sendable {
        /// Such as `2026-01-31`.
        public let date: String
        /// `whole`, `partly` (the history began in it), `so_far` (it is not over), `none` (it was
        /// over before the history began) or `future`.
        public let recorded: String
        /// What was beyond its objective.
        public let beyond: [Beyond]
    }

    /// What was beyond its objective on a day.
    public struct Beyond: Codable, Sendable {
        /// The target's name.
        public let target: String
        /// The policy's name.
        public let policy: String
        /// For how much of the day.
        public let seconds: Int64
        /// How much of that was under a waiver.
        public let waivedSeconds: Int64
    }

    /// The first date.
    public let from: String
    /// The last date.
    public let to: String
    /// Whose days they are.
    public let timezone: String
    /// The one target that was asked about.
    public let target: String?
    /// When the history began; nothing is known of earlier.
    public let recordedSince: Timestamp?
    /// Days of which the history tells something.
    public let daysRecorded: Int
    /// How many of those something was beyond its objective on, without a waiver.
    public let daysWithBreach: Int
    /// How many of the others something was beyond its objective on, under a waiver.
    public let daysWaived: Int
    /// Every date, ascending.
    public let days: [Day]

    /// Works the days out.
    public init(
        from: CivilDate, to: CivilDate, in zone: TimeZoneRules, target: String?,
        list: BreachListWire
    ) {
        let found = coverageDays(
            from: from, to: to, in: zone, breaches: list.items.compactMap(\.breach),
            waivers: list.waivers.compactMap(\.recorded),
            recordedSince: list.recordedSince, at: list.now)
        self.from = from.text
        self.to = to.text
        timezone = zone.name
        self.target = target
        recordedSince = list.recordedSince
        daysRecorded = found.count { $0.isRecorded }
        daysWithBreach = found.count { $0.hasBreach }
        daysWaived = found.count { !$0.hasBreach && !$0.beyond.isEmpty }
        days = found.map { day in
            Day(
                date: day.date.text, recorded: day.record.word,
                beyond: day.beyond.map {
                    Beyond(
                        target: $0.assignment.target.text, policy: $0.assignment.policy.text,
                        seconds: $0.time.wholeSeconds, waivedSeconds: $0.waived.wholeSeconds)
                })
        }
    }
}

extension CoverageDay.Record {
    fileprivate var word: String {
        switch self {
        case .whole: "whole"
        case .since: "partly"
        case .soFar: "so_far"
        case .none: "none"
        case .future: "future"
        }
    }
}

extension CivilDate {
    /// `2026-01-31`.
    public var text: String {
        String(Timestamp(seconds: dayNumber * 86_400).rfc3339.prefix(10))
    }
}
