import HoldfastCore

/// What a clock on the wall shows, minute by minute, and from that the openings of a plan by the
/// words of the design alone: no arithmetic of `Schedule` and nothing of the zone but its offset
/// at an instant.
struct ScheduleOracle {
    /// A minute on the wall clock that was reached at an instant, or passed over by a change.
    private struct Reached {
        /// Local minutes since 1970-01-01T00:00.
        let local: Int
        /// Seconds since the epoch: the first instant that shows this local time or a later one.
        let instant: Int64
        let isSkipped: Bool
        /// The date that the clock shows at that instant.
        let shownDay: Int
    }

    /// By minute of the day; only multiples of 15, which is what the plans under test use.
    private var reached: [Int: [Reached]] = [:]
    private let calendar = NaiveCalendar.recent

    /// Walks through every minute of `[from, until)`, both whole hours of UTC.
    init(zone: TimeZoneRules, from: Int64, until: Int64) {
        // Starting a few days early makes sure what the clock has shown before.
        let start = from - 4 * 86_400
        var latest = Int(start + zone.offset(at: start)) / 60 - 1
        for hour in stride(from: start, to: until, by: 3600) {
            let offset = zone.offset(at: hour)
            let isSteady = offset == zone.offset(at: hour + 3600)
            for minute in 0..<60 {
                let instant = hour + Int64(minute) * 60
                let now = isSteady ? offset : zone.offset(at: instant)
                let local = Int(instant + now) / 60
                guard local > latest else { continue }  // shown before: only the first time counts
                for passed in (latest + 1)...local where passed % 15 == 0 && instant >= from {
                    reached[passed % 1440, default: []].append(
                        Reached(
                            local: passed, instant: instant, isSkipped: passed < local,
                            shownDay: local / 1440))
                }
                latest = local
            }
        }
    }

    /// Every opening of the plan in the walked time, ascending.
    func openings(of plan: Plan, at time: LocalTime) -> [Int64] {
        var found: Set<Int64> = []
        for minute in minutes(of: plan, at: time) {
            for candidate in reached[minute] ?? [] {
                let day = candidate.local / 1440
                guard includes(plan, calendar[Int64(day)]) else { continue }
                if candidate.isSkipped, candidate.shownDay != day, dropsOtherDate(plan) {
                    continue
                }
                found.insert(candidate.instant)
            }
        }
        return found.sorted()
    }

    private func minutes(of plan: Plan, at time: LocalTime) -> [Int] {
        guard case .hourly(let every) = plan else { return [time.minuteOfDay] }
        return (0..<(24 / every)).map { time.minuteOfDay + $0 * every * 60 }
    }

    private func dropsOtherDate(_ plan: Plan) -> Bool {
        switch plan {
        case .hourly, .daily: true
        case .weekly, .monthly: false
        }
    }

    private func includes(_ plan: Plan, _ date: NaiveCalendar.Day) -> Bool {
        switch plan {
        case .hourly, .daily:
            return true
        case .weekly(let weekdays):
            return weekdays.contains { $0.isoNumber == date.weekday }
        case .monthly(let days):
            let length = NaiveCalendar.length(ofMonth: date.month, date.year)
            let meant = days.days.map { min($0, length) } + (days.includesLast ? [length] : [])
            return meant.contains(date.day)
        }
    }
}
