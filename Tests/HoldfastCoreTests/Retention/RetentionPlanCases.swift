import HoldfastCore

extension RetentionCase {
    static let all = counting + calendar + within + clockChanges

    private static let counting = [
        RetentionCase(
            "keep_last counts points, whatever their dates", rules: { $0.last = .periods(2) },
            points: [
                "+ 2026-05-03T10:00:00Z", "+ 2026-05-03T10:00:00Z", "- 2026-05-02T10:00:00Z",
            ]),
        RetentionCase(
            "keep_daily keeps the newest of each date that has one",
            rules: { $0.daily = .periods(3) },
            points: [
                "- 2026-05-09T01:00:00Z", "+ 2026-05-09T23:59:59Z", "+ 2026-05-07T00:00:00Z",
                "- 2026-05-01T03:00:00Z", "+ 2026-05-01T04:00:00Z", "- 2026-04-30T04:00:00Z",
            ]),
        RetentionCase(
            "Of equal stamps the later id wins", rules: { $0.daily = .periods(1) },
            points: ["- 2026-05-09T01:00:00Z", "- 2026-05-09T01:00:00Z", "+ 2026-05-09T01:00:00Z"]),
        RetentionCase(
            "A slot that is left over keeps the oldest", rules: { $0.daily = .periods(3) },
            points: [
                "+ 2026-05-09T05:00:00Z", "+ 2026-05-08T05:00:00Z", "- 2026-05-08T04:00:00Z",
                "+ 2026-05-08T03:00:00Z",
            ]),
        RetentionCase(
            "Without a slot left over the oldest goes", rules: { $0.daily = .periods(2) },
            points: [
                "+ 2026-05-09T05:00:00Z", "+ 2026-05-08T05:00:00Z", "- 2026-05-08T04:00:00Z",
                "- 2026-05-08T03:00:00Z",
            ]),
        RetentionCase(
            "all keeps one of every period, and the oldest", rules: { $0.monthly = .all },
            points: [
                "+ 2026-05-09T05:00:00Z", "- 2026-05-08T05:00:00Z", "+ 2025-02-08T05:00:00Z",
                "+ 2019-01-31T05:00:00Z", "+ 2019-01-01T05:00:00Z",
            ]),
        RetentionCase(
            "A point that several rules keep uses a slot of each",
            rules: {
                $0.daily = .periods(2)
                $0.monthly = .periods(2)
            },
            points: [
                "+ 2026-05-09T05:00:00Z", "+ 2026-05-08T05:00:00Z", "- 2026-05-07T05:00:00Z",
                "+ 2026-04-30T05:00:00Z", "- 2026-04-29T05:00:00Z", "- 2026-03-31T05:00:00Z",
            ]),
        RetentionCase(
            "A point from the future stays and uses no slot", rules: { $0.last = .periods(1) },
            points: [
                "+ 2035-01-01T00:00:00.001Z", "+ 2040-05-09T05:00:00Z", "+ 2026-05-08T05:00:00Z",
                "- 2026-05-07T05:00:00Z",
            ]),
    ]

    private static let calendar = [
        RetentionCase(
            "The 53rd week reaches into January", rules: { $0.weekly = .periods(3) },
            points: [
                "+ 2021-01-10T12:00:00Z", "- 2021-01-04T12:00:00Z",  // week 1 of 2021
                "+ 2021-01-03T12:00:00Z", "- 2021-01-01T12:00:00Z",  // week 53 of 2020
                "- 2020-12-31T12:00:00Z", "- 2020-12-28T12:00:00Z",
                "+ 2020-12-27T12:00:00Z", "- 2020-12-21T12:00:00Z",  // week 52
                "- 2020-12-20T12:00:00Z",
            ]),
        RetentionCase(
            "The first week reaches into December", rules: { $0.weekly = .periods(2) },
            points: [
                "+ 2025-01-05T12:00:00Z", "- 2025-01-01T12:00:00Z",  // week 1 of 2025
                "- 2024-12-31T12:00:00Z", "- 2024-12-30T12:00:00Z",
                "+ 2024-12-29T12:00:00Z", "- 2024-12-23T12:00:00Z",  // week 52 of 2024
                "- 2024-12-22T12:00:00Z",
            ]),
        RetentionCase(
            "Years are the calendar's, not those of weeks", rules: { $0.yearly = .periods(2) },
            points: [
                "+ 2021-01-03T12:00:00Z", "- 2021-01-01T00:00:00Z", "+ 2020-12-31T23:59:59Z",
                "- 2020-12-28T12:00:00Z", "- 2019-12-31T12:00:00Z",
            ]),
        RetentionCase(
            "A leap day is the newest of its February", rules: { $0.monthly = .periods(3) },
            points: [
                "+ 2024-03-31T12:00:00Z", "- 2024-03-01T00:00:00Z", "+ 2024-02-29T23:59:59Z",
                "- 2024-02-28T12:00:00Z", "+ 2024-01-31T12:00:00Z", "- 2023-12-31T12:00:00Z",
            ]),
        RetentionCase(
            "Dates are the zone's", zone: "Pacific/Auckland", rules: { $0.daily = .periods(2) },
            points: [
                "+ 2026-07-02T12:00:00+12:00", "- 2026-07-02T00:00:00+12:00",
                "+ 2026-07-01T23:59:59+12:00", "- 2026-07-01T00:00:00+12:00",
            ]),
    ]

    private static let within = [
        RetentionCase(
            "keep_within counts back from the newest point, its far end not included",
            rules: { $0.within = CalendarSpan(days: 2) },
            points: [
                "+ 2020-05-09T05:00:00Z", "+ 2020-05-07T05:00:00.001Z", "- 2020-05-07T05:00:00Z",
                "- 2020-05-01T05:00:00Z",
            ]),
        RetentionCase(
            "keep_within counts back from the newest point that is not from the future",
            rules: { $0.within = CalendarSpan(days: 2) },
            points: [
                "+ 2036-05-09T05:00:00Z", "+ 2026-05-09T05:00:00Z", "- 2026-05-07T05:00:00Z",
            ]),
        RetentionCase(
            "A month before the 31st is a shorter month's last day",
            rules: { $0.within = CalendarSpan(months: 1) },
            points: [
                "+ 2026-03-31T05:00:00Z", "+ 2026-02-28T05:00:01Z", "- 2026-02-28T05:00:00Z",
            ]),
        RetentionCase(
            "keep_within_daily keeps one a date, and the oldest when it is near enough",
            rules: { $0.withinDaily = CalendarSpan(days: 7) },
            points: [
                "+ 2026-05-09T05:00:00Z", "- 2026-05-09T04:00:00Z", "+ 2026-05-05T04:00:00Z",
                "- 2026-05-05T03:00:00Z", "+ 2026-05-05T02:00:00Z",
            ]),
        RetentionCase(
            "keep_within_monthly lets go what is too old, the oldest too",
            rules: { $0.withinMonthly = CalendarSpan(months: 2) },
            points: [
                "+ 2026-05-09T05:00:00Z", "+ 2026-04-09T04:00:00Z", "- 2026-04-05T04:00:00Z",
                "+ 2026-03-31T03:00:00Z", "- 2026-02-05T02:00:00Z",
            ]),
    ]

    private static let clockChanges = [
        RetentionCase(
            "An hour that occurs twice is one hour", zone: "Europe/Berlin",
            rules: { $0.hourly = .periods(3) },
            points: [
                "+ 2026-10-25T03:10:00+01:00", "+ 2026-10-25T02:40:00+01:00",
                "- 2026-10-25T02:10:00+01:00", "- 2026-10-25T02:40:00+02:00",
                "+ 2026-10-25T01:40:00+02:00", "- 2026-10-25T00:40:00+02:00",
            ]),
        // Troll repeats two hours. As in restic, only neighbours are compared, so each time around
        // has hours of its own; a period is never found again past another one.
        RetentionCase(
            "Hours that come back after another hour count again", zone: "Antarctica/Troll",
            rules: { $0.hourly = .periods(3) },
            points: [
                "+ 2026-10-25T02:30:00+00:00", "- 2026-10-25T02:10:00+00:00",
                "+ 2026-10-25T01:30:00+00:00", "+ 2026-10-25T02:30:00+02:00",
                "- 2026-10-25T01:30:00+02:00",
            ]),
        RetentionCase(
            "An hour that is skipped uses no slot", zone: "Europe/Berlin",
            rules: { $0.hourly = .periods(3) },
            points: [
                "+ 2026-03-29T04:10:00+02:00", "+ 2026-03-29T03:40:00+02:00",
                "- 2026-03-29T03:00:00+02:00", "+ 2026-03-29T01:59:00+01:00",
                "- 2026-03-29T00:59:00+01:00",
            ]),
        RetentionCase(
            "A date of 25 hours is one date", zone: "Europe/Berlin",
            rules: { $0.daily = .periods(2) },
            points: [
                "+ 2026-10-25T23:59:59+01:00", "- 2026-10-25T02:30:00+01:00",
                "- 2026-10-25T00:00:00+02:00", "+ 2026-10-24T23:59:59+02:00",
            ]),
        RetentionCase(
            "A date that a zone skipped uses no slot", zone: "Pacific/Apia",
            rules: { $0.daily = .periods(2) },
            points: [
                "+ 2011-12-31T00:00:00+14:00", "+ 2011-12-29T23:59:59-10:00",
                "- 2011-12-29T10:00:00-10:00", "- 2011-12-28T10:00:00-10:00",
            ]),
        RetentionCase(
            "Days of keep_within keep the time of day", zone: "Europe/Berlin",
            rules: { $0.within = CalendarSpan(days: 1) },
            points: [
                "+ 2026-03-29T12:00:00+02:00", "+ 2026-03-28T12:00:01+01:00",
                "- 2026-03-28T12:00:00+01:00",
            ]),
    ]
}
