import HoldfastControl
import HoldfastCore

/// What `holdfast coverage` tells people.
enum CoverageText {
    /// Every assignment, and how many are within their objective.
    static func now(_ rows: [CoverageWire], at now: Timestamp) -> String {
        guard !rows.isEmpty else { return "No target is under any policy." }
        var table = Table([
            "TARGET", "POLICY", "STATE", "NEWEST POINT", "AGE", "OBJECTIVE", "BROKEN",
            "NEXT WINDOW",
        ])
        for row in rows {
            table.add([
                row.target, row.policy, row.state.replacing("_", with: " "),
                Show.instant(row.newestPoint), Show.age(of: row.newestPoint, at: now),
                Show.seconds(row.rpoSeconds), Show.age(of: row.brokenAt, at: now),
                Show.instant(row.nextOpening),
            ])
        }
        let held = rows.filter { $0.rpoSeconds != nil }
        let beyond = held.count { $0.state == "beyond" }
        let waived = held.count { $0.state == "waived" }
        let risky = held.count { $0.state == "at_risk" }
        var last = "\(held.count - beyond - waived) of \(held.count) within the objective"
        if risky > 0 { last += ", \(risky) of them not until the next window" }
        if waived > 0 { last += "; \(waived) beyond it under a waiver" }
        let without = rows.count - held.count
        if without > 0 { last += "; \(without) without an objective" }
        return table.text + "\n\n" + last + "."
    }

    /// What no policy covers, the oldest gap first, and of which accounts that is known.
    static func uncovered(_ list: UncoveredListWire, at now: Timestamp) -> String {
        guard !list.listings.isEmpty else {
            return
                "No provider lists what it has: their kinds have no inventory, or 'inventory: off' "
                + "is declared."
        }
        var parts: [String] = []
        if !list.items.isEmpty { parts.append(uncoveredTable(list.items, at: now) + "\n") }
        for listing in list.listings where listing.listedAt == nil || listing.isFailing {
            let age = listing.listedAt.map { "listed last \(Show.age(of: $0, at: now))" }
            parts.append(
                "\(listing.provider) was \(age ?? "never listed yet, so nobody knows what it has"); "
                    + (listing.isFailing
                        ? "the newest try failed: 'holdfast provider check \(listing.provider)'"
                        : "it is listed within minutes of a start, and each hour"))
        }
        let open = list.items.count { $0.waiver == nil }
        let known = list.listings.filter { $0.listedAt != nil }.map(\.provider)
        guard !known.isEmpty else { return parts.joined(separator: "\n") }
        let accounts = known.joined(separator: ", ")
        if list.items.isEmpty {
            parts.append("Every machine and volume that \(accounts) listed is under a policy.")
        } else {
            let waived =
                open < list.items.count ? "; \(list.items.count - open) under a waiver" : ""
            parts.append(
                "\(open) without a policy\(waived). Declare a target or a selector for each, or a "
                    + "waiver with its name.")
        }
        return parts.joined(separator: "\n")
    }

    private static func uncoveredTable(_ rows: [UncoveredWire], at now: Timestamp) -> String {
        var table = Table(["NAME", "PROVIDER", "CALLED", "UNCOVERED SINCE", "AGE", "NOTE"])
        for row in rows {
            var notes: [String] = []
            if row.isNew { notes.append("new") }
            if row.isStopped { notes.append("stopped") }
            if let endsAt = row.endsAt { notes.append("ends on \(endsAt.rfc3339.prefix(10))") }
            if let former = row.formerTitle { notes.append("was called '\(former)'") }
            if let waiver = row.waiver {
                notes.append("waived until \(Show.instant(waiver.until)) by \(waiver.owner)")
            }
            table.add([
                row.name, row.provider, row.title, Show.instant(row.uncoveredSince),
                Show.age(of: row.uncoveredSince, at: now),
                notes.isEmpty ? Show.none : notes.joined(separator: ", "),
            ])
        }
        return table.text
    }

    /// A line of other listings.
    /// A target whose machine the vendor is going to end.
    static func ending(_ target: EndingTargetWire) -> String {
        let points =
            switch target.points {
            case 0: ""
            case 1: "; its point goes with it: copy what is to stay"
            default: "; its \(target.points) points go with it: copy what is to stay"
            }
        return
            "\(target.target) ('\(target.title)' at \(target.provider)) is ended by the vendor on "
            + "\(target.endsAt.rfc3339.prefix(10))\(points)"
    }

    static func uncovered(_ status: StatusWire) -> String {
        let since = status.uncoveredSince.map { ", the first since \(Show.instant($0))" } ?? ""
        return "\(status.uncovered) of the accounts' machines and volumes "
            + (status.uncovered == 1 ? "is" : "are") + " under no policy\(since); "
            + "'holdfast coverage --uncovered' names them."
    }

    /// One paused policy.
    static func pause(_ pause: PauseWire) -> String {
        let end = pause.until.map { "until \(Show.instant($0))" } ?? "with no end"
        let note = pause.forgottenAt.map { ", forgotten since \(Show.instant($0))" } ?? ""
        return "\(pause.policy) since \(Show.instant(pause.pausedAt)), \(end)\(note): "
            + Table.harmless(pause.reason)
    }

    /// The days with a breach, what is not known, and how many were without.
    static func days(_ report: CoverageReportWire) -> String {
        var parts: [String] = []
        let broken = report.days.filter { !$0.beyond.isEmpty }
        if !broken.isEmpty {
            var table = Table(["DAY", "TARGET", "POLICY", "BEYOND FOR", "WAIVED"])
            for day in broken {
                for row in day.beyond {
                    table.add([
                        day.date, row.target, row.policy, Show.seconds(row.seconds),
                        row.waivedSeconds == 0 ? Show.none : Show.seconds(row.waivedSeconds),
                    ])
                }
            }
            parts.append(table.text + "\n")
        }
        parts += unknown(report)
        let good = report.daysRecorded - report.daysWithBreach
        let waived =
            report.daysWaived == 0 ? "" : ", \(report.daysWaived) of them by waivers"
        let scope = report.target.map { " of target '\(Table.harmless($0))'" } ?? ""
        parts.append(
            report.daysRecorded == 0
                ? "Nothing is known of these days."
                : "\(good) of \(report.daysRecorded) days without a breach\(scope)\(waived) "
                    + "(\(report.timezone)).")
        return parts.joined(separator: "\n")
    }

    private static func unknown(_ report: CoverageReportWire) -> [String] {
        var lines: [String] = []
        let since = Show.instant(report.recordedSince)
        for (word, text) in [
            ("none", "not recorded: the history begins \(since)"),
            ("partly", "recorded in part: the history begins \(since)"),
            ("so_far", "not over yet"), ("future", "still to come"),
        ] {
            let days = report.days.filter { $0.recorded == word }
            guard let first = days.first, let last = days.last else { continue }
            let range = days.count == 1 ? first.date : "\(first.date) to \(last.date)"
            lines.append("\(range): \(text)")
        }
        return lines
    }
}
