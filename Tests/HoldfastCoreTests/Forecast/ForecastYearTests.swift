import HoldfastCore
import HoldfastTesting
import Testing

@Suite("A forecast of a year of four clouds")
struct ForecastYearTests {
    /// One assignment that lives through 2026.
    struct Life: Sendable {
        let provider: String
        let plan: Plan
        let time: String
        let zone: String
        let settings: RetentionSettings
        /// Ages in hours of what is there at the beginning.
        var past: [Int] = []
        var lifetime: Duration?
    }

    static let lives: [Life] = [
        Life(
            provider: "do", plan: .daily, time: "02:30", zone: "Europe/Berlin",
            settings: .keeping(daily: 7, weekly: 4, monthly: 6)),
        Life(
            provider: "do", plan: .hourly(every: 6), time: "00:30", zone: "America/New_York",
            settings: .keeping(hourly: 8, daily: 5, grace: .hours(36))),
        Life(
            provider: "do", plan: .weekly([.sunday, .wednesday]), time: "01:15",
            zone: "Australia/Lord_Howe", settings: .keeping(last: 6, grace: .zero, minimum: 3)),
        Life(
            provider: "contabo", plan: .daily, time: "23:45", zone: "Pacific/Chatham",
            settings: .keeping(daily: 14, weekly: 4), past: [20, 44, 68, 400, 700, 719],
            lifetime: .days(30)),
        Life(
            provider: "contabo", plan: .weekly([.monday]), time: "03:00", zone: "Europe/Dublin",
            settings: .keeping(last: 9), lifetime: .days(30)),
        Life(
            provider: "ionos", plan: .monthly(MonthDays(days: [1, 31], includesLast: false)),
            time: "02:00", zone: "America/St_Johns",
            settings: .keeping(monthly: 4, grace: .days(10)), past: [500, 1300, 2100]),
        Life(
            provider: "ionos", plan: .daily, time: "00:00", zone: "Africa/Casablanca",
            settings: .keeping(last: 2, weekly: 10, grace: .days(3), minimum: 4)),
        Life(
            provider: "pieces", plan: .hourly(every: 12), time: "11:45", zone: "Asia/Kathmandu",
            settings: .keeping(daily: 3, monthly: 3), past: [5, 17, 29, 41]),
    ]

    @Test(
        "What goes and what stays equals a walk by the documents' words", arguments: lives.indices)
    func year(index: Int) throws {
        let life = Self.lives[index]
        let from = ForecastScene.newYear
        let until = from + .days(365)
        let zone = try ZoneFiles.rules(life.zone)
        var scene = ForecastScene()
        scene.declare(
            "life", at: life.provider, life.plan, life.time, zone: zone, retention: life.settings)
        let past = ForecastScene.past("life", at: life.provider, agesInHours: life.past) { draft in
            if draft.number == 1 { draft.isPinned = true }
            if draft.number == 2 { draft.verifiedAt = draft.takenAt }
        }

        let time = try #require(LocalTime(life.time))
        let openings = ScheduleOracle(zone: zone, from: from.seconds, until: until.seconds)
            .openings(of: life.plan, at: time).filter { $0 >= from.seconds && $0 < until.seconds }
        var naive = NaiveYear(
            settings: life.settings, zone: zone, lifetime: life.lifetime,
            points: past.points.map {
                NaiveYear.Point(
                    number: $0.id.number, takenAt: $0.remote.takenAt, isPinned: $0.pin != nil,
                    isVerified: $0.verifiedAt != nil)
            })
        naive.live(
            from: from, until: until, openings: Set(openings.map { Timestamp(seconds: $0) }))

        let forecast = try #require(scene.forecast([past], days: 365).first?.assignments.first)
        let gone = forecast.departures.map {
            NaiveYear.Gone(takenAt: $0.takenAt, at: $0.at, isVendors: $0.cause == .lifetime)
        }
        #expect(forecast.waiting.isEmpty)
        #expect(forecast.backups == openings.count)
        #expect(Set(gone) == Set(naive.gone))
        #expect(gone.count == naive.gone.count)
        let made = past.points.map(\.remote.takenAt) + openings.map { Timestamp(seconds: $0) }
        let left = Set(made).subtracting(forecast.departures.map(\.takenAt))
        #expect(left == Set(naive.points.map(\.takenAt)))
        #expect(forecast.pointsAtEnd == naive.points.count)
        // A year in which nothing goes would prove little.
        #expect(forecast.departures.count > 10)
    }

    @Test("Assignments that share a target or a provider do not disturb one another")
    func together() throws {
        var scene = ForecastScene()
        for (index, life) in Self.lives.enumerated() {
            scene.declare(
                "life-\(index)", at: life.provider, life.plan, life.time,
                zone: try ZoneFiles.rules(life.zone), retention: life.settings,
                targets: [life.provider])
        }
        let together = scene.forecast(days: 365).flatMap(\.assignments)
        #expect(together.count == Self.lives.count)
        for (index, life) in Self.lives.enumerated() {
            var alone = ForecastScene()
            alone.declare(
                "life-\(index)", at: life.provider, life.plan, life.time,
                zone: try ZoneFiles.rules(life.zone), retention: life.settings,
                targets: [life.provider])
            let expected = try #require(alone.forecast(days: 365).first?.assignments.first)
            let found = try #require(
                together.first { $0.assignment == expected.assignment })
            #expect(found.departures == expected.departures)
            #expect(found.pointsAtEnd == expected.pointsAtEnd)
        }
    }
}
