import HoldfastCore

/// What a forecast says to people: totals first, then a table a topic, each cut to its first rows.
struct ForecastText {
    let forecast: Forecast

    /// So many rows of each table are shown.
    static let rowMax = 50

    private var assignments: [(target: TargetForecast, assignment: AssignmentForecast)] {
        forecast.assignments
    }

    var text: String {
        ([head, totals]
            + [changes, waiting, windows, departures, places, providers, notes]
            .compactMap(\.self)).joined(separator: "\n\n")
    }

    private var head: String {
        "\(forecast.path) from \(Show.instant(forecast.from)) on, for "
            + "\(Show.count(forecast.days, "day")), over \(forecast.history).\n"
            + "Every coming window is taken to get its backup. Nothing was changed."
    }

    private var totals: String {
        let all = assignments.map(\.assignment)
        let gone = all.flatMap(\.departures)
        let now = all.map(\.pointsNow).reduce(0, +)
        let end = all.compactMap(\.pointsAtEnd).reduce(0, +)
        var rows = [
            (
                "targets",
                "\(forecast.targets.count - forecast.count(.lost) - forecast.count(.orphan)) "
                    + "(\(forecast.count(.gained)) gained, \(forecast.count(.lost)) lost)"
            ),
            ("points", "\(now) now, \(end) at the end"),
            (
                "go",
                "\(gone.count) (\(gone.count { $0.recorded != nil }) that are there now, "
                    + "\(gone.count { $0.recorded == nil }) still to be made)"
            ),
        ]
        let waiting = all.flatMap(\.waiting)
        if let first = waiting.map(\.at).min() {
            rows.append(
                (
                    "wait",
                    "\(waiting.count) for a confirmation, from \(Show.instant(first)) on "
                        + "(prune_guard)"
                ))
        }
        let beyond = all.count { $0.isBeyondObjective }
        rows.append(("beyond objective", beyond == 0 ? "none" : "\(beyond)"))
        let without = all.compactMap(\.withoutPlace).map(\.count).reduce(0, +)
        if without > 0 {
            rows.append(("without a place", Show.count(without, "backup")))
        }
        rows.append(
            ("requests", "about \(forecast.providers.map(\.requests).reduce(0, +))"))
        return rows.map { $0.0.padded(to: 18) + $0.1 }.joined(separator: "\n")
    }

    // MARK: What differs

    private var changes: String? {
        // What had ended before comes last: there may be much of it.
        let differing =
            assignments.filter { ![.stays, .orphan].contains($0.assignment.change) }
            + assignments.filter { $0.assignment.change == .orphan }
        let rows = differing.map { target, one in
            [
                one.change.rawValue, target.id.text, one.assignment.policy.text,
                target.provider?.text ?? Show.none,
                one.pointsNow == 0
                    ? "none"
                    : one.change == .lost || one.change == .orphan
                        ? "\(one.pointsNow), which "
                            + (one.orphans.map { "are orphans (\($0.text))" }
                                ?? "stay; nothing prunes them")
                        : "\(one.pointsNow)",
            ]
        }
        return section(
            "Gained and lost", ["CHANGE", "TARGET", "POLICY", "PROVIDER", "POINTS"], rows)
    }

    private var waiting: String? {
        let rows = assignments.filter { !$0.assignment.waiting.isEmpty }.map { target, one in
            let isProvider = one.waiting.contains { $0.cause == .providerGuard }
            return [
                Show.instant(one.waiting.first?.at), target.id.text, one.assignment.policy.text,
                "\(one.waiting.count)",
                isProvider
                    ? "too many of provider \(target.provider?.text ?? Show.none) at once"
                    : "too many of the assignment at once",
            ]
        }.sorted { $0[0] < $1[0] }
        return section(
            "Waiting for a confirmation (prune_guard)",
            ["FROM", "TARGET", "POLICY", "POINTS", "WHY"], rows)
    }

    // MARK: Each assignment

    private var windows: String? {
        let all = assignments.filter {
            $0.assignment.change != .lost && $0.assignment.change != .orphan
        }.map { target, one in
            (
                rank: one.isBeyondObjective || one.withoutPlace != nil
                    ? 0 : !one.waiting.isEmpty ? 1 : one.departures.isEmpty ? 3 : 2,
                cells: [
                    target.id.text, one.assignment.policy.text, "\(one.pointsNow)",
                    "\(one.departures.count)", one.pointsAtEnd.map(String.init) ?? "vendor's",
                    gap(one.gapBefore), gap(one.gapAfter), objective(of: one),
                ]
            )
        }
        // What needs a look comes first; the rest stays in the order of the names.
        let rows = (0...3).flatMap { rank in all.filter { $0.rank == rank }.map(\.cells) }
        return section(
            "Recovery points",
            ["TARGET", "POLICY", "NOW", "GO", "AT END", "GAP BEFORE", "GAP AFTER", "OBJECTIVE"],
            rows)
    }

    private func gap(_ gap: PointGap?) -> String {
        gap.map { DurationText.brief($0.length) } ?? Show.none
    }

    private func objective(of one: AssignmentForecast) -> String {
        let after = one.objective.map { DurationText.brief($0) } ?? Show.none
        let old = forecast.objectivesBefore[one.assignment.policy]
        let before = old.map { $0.map { DurationText.brief($0) } ?? Show.none }
        let text = before.map { $0 == after ? after : "\($0) -> \(after)" } ?? after
        guard one.isBeyondObjective, let from = one.gapAfter?.from else { return text }
        return "\(text), beyond from \(Show.instant(from + (one.objective ?? .zero)))"
    }

    private var departures: String? {
        var first: [(Departure, AssignmentForecast)] = []
        var count = 0
        for (_, one) in assignments {
            count += one.departures.count
            // The first of all are among the first of each.
            first += one.departures.prefix(Self.rowMax).map { ($0, one) }
            if first.count > 100 * Self.rowMax { first = earliest(first) }
        }
        let rows = earliest(first).map { departure, one in
            [
                Show.instant(departure.at), one.assignment.target.text,
                one.assignment.policy.text, Show.instant(departure.takenAt),
                departure.token(of: one.assignment).text, why(departure, one),
            ]
        }
        return section(
            "Points that go", ["GOES", "TARGET", "POLICY", "TAKEN", "POINT", "WHY"], rows,
            of: count)
    }

    private func earliest(
        _ departures: [(Departure, AssignmentForecast)]
    ) -> [(Departure, AssignmentForecast)] {
        Array(
            departures.sorted {
                ($0.0.at, $0.1.assignment, $0.0.takenAt) < ($1.0.at, $1.1.assignment, $1.0.takenAt)
            }.prefix(Self.rowMax))
    }

    private func why(_ departure: Departure, _ one: AssignmentForecast) -> String {
        switch departure.cause {
        case .lifetime: "its vendor ends it"
        case .room: "makes room for the next one (when_full: replace_oldest); \(one.reason)"
        case .retention, .assignmentGuard, .providerGuard: one.reason
        }
    }

    // MARK: Providers

    private var places: String? {
        let rows = forecast.targets.filter { target in
            target.places != nil || target.assignments.contains { $0.withoutPlace != nil }
        }.map { target in
            let without = target.assignments.compactMap(\.withoutPlace)
            let first = without.map(\.first).min()
            return [
                target.id.text, target.provider?.text ?? Show.none, "\(target.held.most)",
                Show.instant(target.held.since), target.places.map(String.init) ?? Show.none,
                first.map {
                    "\(Show.count(without.map(\.count).reduce(0, +), "backup")) without a place, "
                        + "the first at \(Show.instant($0))"
                } ?? Show.none,
            ]
        }
        return section(
            "Places", ["TARGET", "PROVIDER", "NEEDED", "SINCE", "PLACES", "NOTE"], rows)
    }

    private var providers: String? {
        let rows = forecast.providers.map { provider in
            [
                provider.id.text, provider.kind ?? "not declared", "\(provider.backups)",
                "\(provider.deletions)", "\(provider.requests)",
                provider.busiest.map { "\($0.requests) at \(Show.instant($0.at))" } ?? Show.none,
                Show.instant(provider.holdsFrom),
            ]
        }
        return section(
            "Providers",
            [
                "PROVIDER", "TYPE", "BACKUPS", "DELETIONS", "REQUESTS", "BUSIEST",
                "GUARD HOLDS FROM",
            ],
            rows)
    }

    private var notes: String? {
        guard !forecast.notes.isEmpty else { return nil }
        return "Not foreseen\n"
            + forecast.notes.map { "  \(Table.harmless($0))" }.joined(separator: "\n")
    }

    private func section(
        _ title: String, _ columns: [String], _ rows: [[String]], of total: Int? = nil
    ) -> String? {
        guard !rows.isEmpty else { return nil }
        var table = Table(columns)
        for row in rows.prefix(Self.rowMax) { table.add(row) }
        let left = (total ?? rows.count) - min(rows.count, Self.rowMax)
        return "\(title)\n\(table.text)" + (left > 0 ? "\n… and \(left) more; --json has all" : "")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
