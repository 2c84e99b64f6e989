import Foundation
import HoldfastControl
import HoldfastCore

/// A forecast as JSON: one object, its lists with a row a line, so that a million points pass
/// without standing in memory once more.
struct ForecastJSON {
    let forecast: Forecast

    private struct Totals: Encodable {
        let from: Timestamp
        let until: Timestamp
        let days: Int
        let targetsGained: Int
        let targetsLost: Int
        let pointsNow: Int
        let pointsAtEnd: Int
        let pointsGone: Int
        let pointsWaiting: Int
        let beyondObjective: Int
        let backupsWithoutPlace: Int
        let requests: Int
    }

    private struct AssignmentRow: Encodable {
        let target: String
        let policy: String
        let provider: String?
        let change: String
        let pointsNow: Int
        let pointsAtEnd: Int?
        let pointsGone: Int
        let pointsWaiting: Int
        let waitsFrom: Timestamp?
        let reason: String
        let backups: Int
        let backupsWithoutPlace: Int
        let firstWithoutPlace: Timestamp?
        let gapBeforeSeconds: Int64?
        let gapBeforeFrom: Timestamp?
        let gapAfterSeconds: Int64?
        let gapAfterFrom: Timestamp?
        let objectiveBeforeSeconds: Int64?
        let objectiveSeconds: Int64?
        let beyondObjective: Bool
    }

    private struct TargetRow: Encodable {
        let target: String
        let provider: String?
        let change: String
        let placesNeeded: Int
        let placesNeededSince: Timestamp
        let places: Int?
    }

    private struct ProviderRow: Encodable {
        let provider: String
        let type: String?
        let backups: Int
        let deletions: Int
        let requests: Int
        let busiestRequests: Int?
        let busiestAt: Timestamp?
        let guardHoldsFrom: Timestamp?
    }

    /// Hands the text over in parts.
    func write(to put: (String) -> Void) throws {
        put("{\n")
        try list(
            "assignments",
            forecast.assignments.lazy.map { Self.line(row($0.target, $0.assignment)) }, put)
        try list("notes", forecast.notes.lazy.map { Self.line($0) }, put)
        try list("points", pointLines, put)
        try list("providers", forecast.providers.lazy.map { Self.line(row($0)) }, put)
        try list("targets", forecast.targets.lazy.map { Self.line(row($0)) }, put)
        put("\"totals\": \(try Self.line(totals).get())\n}\n")
    }

    private static func line(_ value: some Encodable) -> Result<String, any Error> {
        Result { String(decoding: try WireCoding.encode(value), as: UTF8.self) }
    }

    private func list(
        _ name: String, _ rows: some Sequence<Result<String, any Error>>, _ put: (String) -> Void
    ) throws {
        put("\"\(name)\": [")
        var text = "\n"
        var isFirst = true
        for row in rows {
            if !isFirst { text += ",\n" }
            isFirst = false
            text += try row.get()
            if text.utf8.count > 1 << 20 {
                put(text)
                text = ""
            }
        }
        put(text + (isFirst ? "" : "\n") + "],\n")
    }

    /// Every point that goes or waits. Written by hand, because there may be a million: names, marks,
    /// instants and causes have no character that JSON escapes.
    private var pointLines: some Sequence<Result<String, any Error>> {
        forecast.targets.lazy.flatMap(\.assignments).flatMap { one in
            (one.departures + one.waiting).lazy.map { departure in
                let outcome =
                    departure.cause == .assignmentGuard || departure.cause == .providerGuard
                    ? "waits" : "goes"
                return .success(
                    "{\"at\":\"\(departure.at.rfc3339)\",\"cause\":\"\(departure.cause.rawValue)\","
                        + "\"exists\":\(departure.recorded != nil),"
                        + "\"id\":\"\(departure.token(of: one.assignment))\","
                        + "\"outcome\":\"\(outcome)\",\"policy\":\"\(one.assignment.policy)\","
                        + "\"taken_at\":\"\(departure.takenAt.rfc3339)\","
                        + "\"target\":\"\(one.assignment.target)\"}")
            }
        }
    }

    private var totals: Totals {
        let all = forecast.assignments.map(\.assignment)
        return Totals(
            from: forecast.from, until: forecast.until, days: forecast.days,
            targetsGained: forecast.count(.gained), targetsLost: forecast.count(.lost),
            pointsNow: all.map(\.pointsNow).reduce(0, +),
            pointsAtEnd: all.compactMap(\.pointsAtEnd).reduce(0, +),
            pointsGone: all.map(\.departures.count).reduce(0, +),
            pointsWaiting: all.map(\.waiting.count).reduce(0, +),
            beyondObjective: all.count { $0.isBeyondObjective },
            backupsWithoutPlace: all.compactMap(\.withoutPlace).map(\.count).reduce(0, +),
            requests: forecast.providers.map(\.requests).reduce(0, +))
    }

    private func row(_ target: TargetForecast, _ one: AssignmentForecast) -> AssignmentRow {
        AssignmentRow(
            target: target.id.text, policy: one.assignment.policy.text,
            provider: target.provider?.text, change: one.change.rawValue,
            pointsNow: one.pointsNow, pointsAtEnd: one.pointsAtEnd,
            pointsGone: one.departures.count, pointsWaiting: one.waiting.count,
            waitsFrom: one.waiting.first?.at, reason: one.reason, backups: one.backups,
            backupsWithoutPlace: one.withoutPlace?.count ?? 0,
            firstWithoutPlace: one.withoutPlace?.first,
            gapBeforeSeconds: one.gapBefore?.length.wholeSeconds,
            gapBeforeFrom: one.gapBefore?.from,
            gapAfterSeconds: one.gapAfter?.length.wholeSeconds, gapAfterFrom: one.gapAfter?.from,
            objectiveBeforeSeconds: (forecast.objectivesBefore[one.assignment.policy] ?? nil)?
                .wholeSeconds,
            objectiveSeconds: one.objective?.wholeSeconds, beyondObjective: one.isBeyondObjective)
    }

    private func row(_ target: TargetForecast) -> TargetRow {
        TargetRow(
            target: target.id.text, provider: target.provider?.text,
            change: target.change.rawValue, placesNeeded: target.held.most,
            placesNeededSince: target.held.since, places: target.places)
    }

    private func row(_ provider: ProviderForecast) -> ProviderRow {
        ProviderRow(
            provider: provider.id.text, type: provider.kind, backups: provider.backups,
            deletions: provider.deletions, requests: provider.requests,
            busiestRequests: provider.busiest?.requests, busiestAt: provider.busiest?.at,
            guardHoldsFrom: provider.holdsFrom)
    }
}
