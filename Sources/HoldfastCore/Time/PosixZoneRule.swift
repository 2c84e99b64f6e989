/// The rule in a TZif footer: POSIX's `TZ` format with RFC 9636's extension of transition times to
/// -167…167 hours. For example `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixZoneRule: Equatable {
    /// One yearly change: a day of the year and a time on it, in seconds, by the local time before
    /// the change.
    struct YearlyChange: Equatable {
        enum Day: Equatable {
            /// `Jn`: 1…365, the 29th of February is never counted.
            case julian(Int)
            /// `n`: 0…365, the 29th of February is counted in leap years.
            case zeroBased(Int)
            /// `Mm.w.d`: weekday d (0 = Sunday) of week w (5 = last) of month m.
            case weekday(month: Int, week: Int, day: Int)
        }

        let day: Day
        let second: Int64
    }

    struct Daylight: Equatable {
        let offset: Int32
        let begins: YearlyChange
        let ends: YearlyChange
    }

    /// Seconds east of UTC outside daylight saving time.
    let standardOffset: Int32
    let daylight: Daylight?

    init?(_ text: String) {
        var scanner = DigitScanner(text.utf8)
        guard scanner.skipZoneAbbreviation(), let west = scanner.posixTime(hourMax: 24) else {
            return nil
        }
        standardOffset = Int32(-west)
        if scanner.isAtEnd {
            daylight = nil
            return
        }
        guard scanner.skipZoneAbbreviation() else { return nil }
        var offset = -west + 3600
        if !scanner.skip(",") {
            guard let daylightWest = scanner.posixTime(hourMax: 24), scanner.skip(",") else {
                return nil
            }
            offset = -daylightWest
        }
        guard let begins = scanner.yearlyChange(), scanner.skip(","),
            let ends = scanner.yearlyChange(), scanner.isAtEnd
        else { return nil }
        daylight = Daylight(offset: Int32(offset), begins: begins, ends: ends)
    }

    /// The changes that the rule makes in one year, in ascending order.
    func changes(in year: Int64) -> [(at: Int64, offset: Int32)] {
        guard let daylight else { return [] }
        let begin = daylight.begins.localSecond(in: year) - Int64(standardOffset)
        let end = daylight.ends.localSecond(in: year) - Int64(daylight.offset)
        let both = [(at: end, offset: standardOffset), (at: begin, offset: daylight.offset)]
        return begin < end ? both.reversed() : both
    }
}

extension PosixZoneRule.YearlyChange {
    /// Local seconds since 1970-01-01T00:00 of the change in a year.
    fileprivate func localSecond(in year: Int64) -> Int64 {
        dayNumber(in: year) * 86_400 + second
    }

    private func dayNumber(in year: Int64) -> Int64 {
        let newYear = CivilDate(year: year, month: 1, day: 1).dayNumber
        switch day {
        case .zeroBased(let days):
            return newYear + Int64(days)
        case .julian(let ordinal):
            let afterLeapDay = CivilDate.isLeap(year) && ordinal >= 60
            return newYear + Int64(ordinal) - 1 + (afterLeapDay ? 1 : 0)
        case .weekday(let month, let week, let day):
            let first = CivilDate(year: year, month: month, day: 1)
            let firstWeekday = first.weekday.isoNumber % 7
            var dayOfMonth = 1 + (day - firstWeekday + 7) % 7 + (week - 1) * 7
            if dayOfMonth > CivilDate.dayCount(ofMonth: month, in: year) { dayOfMonth -= 7 }
            return first.dayNumber + Int64(dayOfMonth - 1)
        }
    }
}

extension DigitScanner {
    /// Three or more letters, or anything between `<` and `>`.
    fileprivate mutating func skipZoneAbbreviation() -> Bool {
        if skip("<") {
            var count = 0
            while !skip(">") {
                guard skipAny() else { return false }
                count += 1
            }
            return count > 0
        }
        var count = 0
        while skipLetter() { count += 1 }
        return count >= 3
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    fileprivate mutating func posixTime(hourMax: Int) -> Int? {
        var sign = 1
        if skip("-") { sign = -1 } else { _ = skip("+") }
        guard let hours = number(), hours <= hourMax else { return nil }
        var seconds = hours * 3600
        if skip(":") {
            guard let minutes = number(), minutes < 60 else { return nil }
            seconds += minutes * 60
            if skip(":") {
                guard let rest = number(), rest < 60 else { return nil }
                seconds += rest
            }
        }
        return sign * seconds
    }

    fileprivate mutating func yearlyChange() -> PosixZoneRule.YearlyChange? {
        guard let day = changeDay() else { return nil }
        var second = 7200
        if skip("/") {
            guard let time = posixTime(hourMax: 167) else { return nil }
            second = time
        }
        return PosixZoneRule.YearlyChange(day: day, second: Int64(second))
    }

    private mutating func changeDay() -> PosixZoneRule.YearlyChange.Day? {
        if skip("M") {
            guard let month = number(), (1...12).contains(month), skip("."),
                let week = number(), (1...5).contains(week), skip("."),
                let day = number(), (0...6).contains(day)
            else { return nil }
            return .weekday(month: month, week: week, day: day)
        }
        if skip("J") {
            guard let ordinal = number(), (1...365).contains(ordinal) else { return nil }
            return .julian(ordinal)
        }
        guard let days = number(), (0...365).contains(days) else { return nil }
        return .zeroBased(days)
    }
}
