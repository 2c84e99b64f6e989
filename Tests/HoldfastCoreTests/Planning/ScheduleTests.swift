import HoldfastCore
import HoldfastTesting
import Testing

@Suite("Schedule")
struct ScheduleTests {
    @Test(
        "Windows of a whole year agree with a walk through its minutes",
        arguments: ScheduleCases.zoneYears.indices)
    func oracle(index: Int) throws {
        let (name, year) = ScheduleCases.zoneYears[index]
        let zone = try ZoneFiles.rules(name)
        let from = ScheduleCases.second(year, 1, 1)
        let until = ScheduleCases.second(year + 1, 1, 1)
        let oracle = ScheduleOracle(zone: zone, from: from, until: until)
        func compare(_ plan: Plan, _ time: LocalTime, _ from: Int64, _ until: Int64) {
            let schedule = Schedule(plan: plan, opensAt: time, length: .minutes(30), zone: zone)
            let expected = oracle.openings(of: plan, at: time).filter { $0 >= from && $0 < until }
            let found = schedule.windows(
                from: Timestamp(seconds: from), until: Timestamp(seconds: until))
            let same = found.map(\.opens.seconds) == expected
            #expect(same, "\(name) \(year), \(plan) at \(time)")
        }
        for (plan, time) in ScheduleCases.dailyPlans + ScheduleCases.datePlans {
            compare(plan, time, from, until)
        }
        // Hourly plans around each clock change of the year, and at its beginning.
        var start = from
        while start < until {
            for (plan, time) in ScheduleCases.hourlyPlans {
                compare(plan, time, max(from, start - 3 * 86_400), min(until, start + 3 * 86_400))
            }
            start = zone.interval(at: start).until
        }
    }

    @Test(
        "The next window from an opening on is that opening, and after it a later one",
        arguments: UInt64(1)...120)
    func idempotence(seed: UInt64) throws {
        var rng = SeededGenerator(seed: seed)
        let (schedule, year) = try ScheduleCases.random(using: &rng)
        let start = ScheduleCases.second(year, 1, 1)
        for _ in 0..<8 {
            let instant = Timestamp(
                milliseconds: (start + Int64(rng.number(in: 0...31_536_000))) * 1000
                    + Int64(rng.number(in: 0...999)))
            let window = schedule.nextWindow(atOrAfter: instant)
            #expect(window.opens >= instant)
            #expect(window.closes - window.opens == schedule.length)
            #expect(schedule.nextWindow(atOrAfter: window.opens) == window)
            #expect(schedule.nextWindow(after: window.opens).opens > window.opens)
            // Planning from anywhere between gives the same window: the slot's identity holds.
            let distance = (window.opens - instant).wholeMilliseconds
            let between = instant + .milliseconds(Int64.random(in: 0...distance, using: &rng))
            #expect(schedule.nextWindow(atOrAfter: between) == window)
        }
    }

    @Test(
        "Windows of a stretch are those of its parts, wherever it is cut",
        arguments: UInt64(1)...60)
    func parts(seed: UInt64) throws {
        var rng = SeededGenerator(seed: seed)
        let (schedule, year) = try ScheduleCases.random(using: &rng)
        let from = Timestamp(
            seconds: ScheduleCases.second(year, 1, 1) + Int64(rng.number(in: 0...30_000_000)))
        let until = from + .days(rng.number(in: 0...14))
        let whole = schedule.windows(from: from, until: until)
        let length = (until - from).wholeMilliseconds
        let cut = from + .milliseconds(Int64.random(in: 0...length, using: &rng))
        #expect(
            schedule.windows(from: from, until: cut) + schedule.windows(from: cut, until: until)
                == whole)
        let limit = rng.number(in: 0...4)
        #expect(
            schedule.windows(from: from, until: until, countMax: limit)
                == Array(whole.prefix(limit)))
        #expect(whole.allSatisfy { from <= $0.opens && $0.opens < until })
    }

    @Test(
        "The window that is open at an instant is the newest one that holds it",
        arguments: UInt64(1)...80)
    func openWindow(seed: UInt64) throws {
        var rng = SeededGenerator(seed: seed)
        let (schedule, year) = try ScheduleCases.random(using: &rng)
        let near = Timestamp(
            seconds: ScheduleCases.second(year, 1, 1) + Int64(rng.number(in: 0...31_000_000)))
        let window = schedule.nextWindow(atOrAfter: near)
        #expect(schedule.openWindow(at: window.opens) == window)
        #expect(
            schedule.openWindow(at: window.closes - .milliseconds(1))?.contains(
                window.closes - .milliseconds(1)) == true)
        let around = window.opens + .seconds(rng.number(in: -4000...4000))
        let holding = schedule.windows(from: around - .days(1), until: around + .milliseconds(1))
            .last { $0.contains(around) }
        #expect(schedule.openWindow(at: around) == holding)
    }

    @Test("A window's end is not part of it")
    func closing() throws {
        let schedule = Schedule(
            plan: .daily, opensAt: ScheduleCases.time(2, 0), length: .hours(4), zone: .utc)
        let opens = try #require(Timestamp(rfc3339: "2026-05-05T02:00:00Z"))
        #expect(schedule.openWindow(at: opens - .milliseconds(1)) == nil)
        #expect(schedule.openWindow(at: opens)?.opens == opens)
        #expect(schedule.openWindow(at: opens + .hours(4)) == nil)
    }

    @Test(
        "The latest windows are the end of all windows, and say whether there are earlier ones",
        arguments: UInt64(1)...60)
    func latestWindows(seed: UInt64) throws {
        var rng = SeededGenerator(seed: seed)
        let (schedule, year) = try ScheduleCases.random(using: &rng)
        let after = Timestamp(
            seconds: ScheduleCases.second(year, 1, 1) + Int64(rng.number(in: 0...30_000_000)))
        let end = after + .days(rng.number(in: 0...40))
        let countMax = rng.number(in: 1...6)
        let all = schedule.windows(
            from: after + .milliseconds(1), until: end + .milliseconds(1))
        let (windows, hasEarlier) = schedule.latestWindows(
            after: after, upTo: end, countMax: countMax)
        #expect(windows == Array(all.suffix(countMax)))
        #expect(hasEarlier == (all.count > countMax))
    }

    @Test(
        "After years of absence the latest windows are found at once",
        arguments: [
            (Plan.hourly(every: 1), "2036-05-05T11:00:00Z"), (.daily, "2036-05-05T00:00:00Z"),
            (.weekly([.friday]), "2036-05-02T00:00:00Z"),
            (.monthly(MonthDays(days: [31], includesLast: false)), "2036-04-30T00:00:00Z"),
        ])
    func absence(plan: Plan, newest: String) throws {
        let schedule = Schedule(plan: plan, opensAt: .midnight, length: .hours(1), zone: .utc)
        let after = try #require(Timestamp(rfc3339: "1996-01-01T00:00:00Z"))
        let end = try #require(Timestamp(rfc3339: "2036-05-05T11:30:00Z"))
        let (windows, hasEarlier) = schedule.latestWindows(after: after, upTo: end, countMax: 20)
        #expect(windows.last?.opens.rfc3339 == newest)
        #expect(windows.count == 20)
        #expect(hasEarlier)
    }

    @Test(
        "The shortest period sees the day that a clock change shortens",
        arguments: [
            ("Europe/Berlin", Plan.daily, 2, 30, Duration.minutes(23 * 60 + 30)),
            ("Europe/Berlin", .daily, 12, 0, .hours(23)),
            ("Etc/UTC", .daily, 12, 0, .hours(24)),
            ("Europe/Berlin", .hourly(every: 1), 0, 0, .hours(1)),
            ("Europe/Berlin", .hourly(every: 1), 0, 30, .minutes(30)),
            ("Europe/Berlin", .hourly(every: 6), 0, 0, .hours(5)),
            ("Australia/Lord_Howe", .daily, 12, 0, .minutes(23 * 60 + 30)),
            ("Europe/Berlin", .weekly([.sunday]), 12, 0, .hours(167)),
            ("Europe/Berlin", .monthly(MonthDays(days: [1], includesLast: false)), 0, 0, .days(28)),
            (
                "Europe/Berlin", .monthly(MonthDays(days: [30, 31], includesLast: false)), 0, 0,
                .days(1)
            ),
        ])
    func shortestPeriod(
        zone: String, plan: Plan, hour: Int, minute: Int, period: Duration
    ) throws {
        let schedule = Schedule(
            plan: plan, opensAt: ScheduleCases.time(hour, minute), length: .minutes(1),
            zone: try ZoneFiles.rules(zone))
        let from = try #require(Timestamp(rfc3339: "2026-01-10T00:00:00Z"))
        let found = schedule.shortestPeriod(from: from)
        #expect(found.period == period)
        #expect(schedule.nextWindow(after: found.opens).opens - found.opens == period)
    }
}
