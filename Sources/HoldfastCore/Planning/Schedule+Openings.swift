extension Schedule {
    /// The first window that opens at or after an instant.
    ///
    /// A local opening time that a clock change skips opens at the first instant after the gap; if
    /// that is another date, a daily or hourly opening is dropped (that date has its own) and a
    /// weekly or monthly one stays. One that occurs twice opens at its first occurrence.
    ///
    /// - Complexity: O(1) for hourly and daily plans, up to two months of dates for the others.
    public func nextWindow(atOrAfter instant: Timestamp) -> Window {
        let opens = Timestamp(seconds: nextOpening(atOrAfter: instant.roundedUpToSecond.seconds))
        return Window(opens: opens, closes: opens + length)
    }

    /// The first window that opens after an instant.
    public func nextWindow(after instant: Timestamp) -> Window {
        nextWindow(atOrAfter: Timestamp(milliseconds: instant.milliseconds + 1))
    }

    /// All windows that open in `[from, until)`, ascending, at most `countMax`.
    public func windows(
        from: Timestamp, until: Timestamp, countMax: Int = .max
    ) -> [Window] {
        var windows: [Window] = []
        var next = nextWindow(atOrAfter: from)
        while next.opens < until, windows.count < countMax {
            windows.append(next)
            next = nextWindow(after: next.opens)
        }
        return windows
    }

    /// The window that is open at an instant, if there is one; the newest where two overlap.
    public func openWindow(at instant: Timestamp) -> Window? {
        // Windows are no longer than the distance to the next opening, so one that is open now
        // opened within its own length before now.
        windows(
            from: instant - length + .milliseconds(1),
            until: Timestamp(milliseconds: instant.milliseconds + 1)
        ).last
    }

    /// The newest `countMax` windows that open in `(after, upTo]`, ascending.
    public func latestWindows(
        after: Timestamp, upTo end: Timestamp, countMax: Int
    ) -> (windows: [Window], hasEarlier: Bool) {
        guard after < end else { return ([], false) }
        // Starting late enough keeps this bounded after years of absence.
        let reach = Duration.seconds(Int64(countMax + 1) * longestPeriod)
        let start = max(after, end - reach)
        let found = windows(
            from: Timestamp(milliseconds: start.milliseconds + 1),
            until: Timestamp(milliseconds: end.milliseconds + 1))
        let newest = found.suffix(countMax)
        let first = nextWindow(after: after).opens
        return (Array(newest), newest.first.map { first < $0.opens } ?? false)
    }

    /// Seconds that no two neighbouring openings are further apart than, clock changes included.
    private var longestPeriod: Int64 {
        switch plan {
        case .hourly, .daily: 2 * 86_400
        case .weekly: 9 * 86_400
        case .monthly: 63 * 86_400
        }
    }

    private func nextOpening(atOrAfter seconds: Int64) -> Int64 {
        // An opening at this very instant may belong to a date that a clock change skips, so the
        // search starts from the date one second earlier.
        let before = seconds - 1
        var day = (before + zone.offset(at: before)).flooredDivision(by: 86_400)
        let lastDay = day + 3 * 366
        while day <= lastDay {
            if let opening = opening(onDay: day, atOrAfter: seconds) { return opening }
            day += 1
        }
        preconditionFailure("a \(plan.name) plan in \(zone.name) has no opening in three years")
    }

    private func opening(onDay day: Int64, atOrAfter earliest: Int64) -> Int64? {
        let first = day * 86_400 + Int64(opensAt.minuteOfDay) * 60
        switch plan {
        case .daily:
            return opening(showing: first, dropsOtherDate: true, atOrAfter: earliest)
        case .weekly(let weekdays):
            guard weekdays.contains(CivilDate(dayNumber: day).weekday) else { return nil }
            return opening(showing: first, dropsOtherDate: false, atOrAfter: earliest)
        case .monthly(let days):
            guard days.contains(CivilDate(dayNumber: day)) else { return nil }
            return opening(showing: first, dropsOtherDate: false, atOrAfter: earliest)
        case .hourly(let every):
            let step = Int64(every) * 3600
            var local = first
            while local < (day + 1) * 86_400 {
                if let found = opening(showing: local, dropsOtherDate: true, atOrAfter: earliest) {
                    return found
                }
                local += step
            }
            return nil
        }
    }

    private func opening(
        showing local: Int64, dropsOtherDate: Bool, atOrAfter earliest: Int64
    ) -> Int64? {
        let (instant, isSkipped) = zone.firstInstant(showing: local)
        guard instant >= earliest else { return nil }
        if isSkipped, dropsOtherDate {
            let shown = instant + zone.offset(at: instant)
            let sameDate =
                shown.flooredDivision(by: 86_400) == local.flooredDivision(by: 86_400)
            guard sameDate else { return nil }
        }
        return instant
    }
}

extension Schedule {
    /// The shortest distance between neighbouring openings in the two years from an instant on,
    /// and the opening it follows; clock changes make some days shorter than others.
    public func shortestPeriod(from instant: Timestamp) -> (opens: Timestamp, period: Duration) {
        let end = instant + .days(2 * 366)
        var previous = nextWindow(atOrAfter: instant).opens
        var shortest = (opens: previous, period: Duration.days(5 * 366))
        while previous < end {
            let next = nextWindow(after: previous).opens
            if next - previous < shortest.period { shortest = (previous, next - previous) }
            previous = next
        }
        return shortest
    }
}
