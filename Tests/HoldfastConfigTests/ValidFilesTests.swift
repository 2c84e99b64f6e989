import Foundation
import HoldfastConfig
import HoldfastCore
import Testing

/// Loads files that are right, and looks at what they become.
@Suite("Valid files")
struct ValidFilesTests {
    private let loader = ConfigurationLoader(zones: TestZones())

    private func load(_ text: String) throws -> Configuration {
        let scratch = try ScratchDirectory()
        return try loader.load(path: try scratch.write(text), now: testNow)
    }

    private func policy(_ body: String) throws -> Policy {
        let configuration = try load("version: 1\npolicies:\n  p: { \(body) }\n")
        return try #require(configuration.policies[PolicyID("p")])
    }

    @Test("Every file in config/ is valid together, with no warning")
    func examples() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let configuration = try loader.load(path: "/\(root)/config/holdfast.yaml", now: testNow)
        #expect(configuration.warnings == [])
        #expect(configuration.providers.count == 6)
        #expect(configuration.policies.count == 10)
        #expect(configuration.targets.count == 12)
        #expect(configuration.control.adminGroup == "holdfast-admin")
        let nightly = try #require(configuration.policies[PolicyID("nightly")])
        #expect(nightly.schedule.opensAt == LocalTime(hour: 2, minute: 30))
        #expect(nightly.schedule.zone.name == "Europe/Berlin")
        #expect(nightly.retention.minimum == 3)
        #expect(nightly.recoveryPointObjective == .hours(26))
        let home = try #require(configuration.targets[TargetID("home")])
        #expect(home.subject == .directory(path: "/home", exclude: ["*/.cache", "*.tmp"]))
        #expect(home.allowsUnreadable)
        let database = try #require(configuration.targets[TargetID("grafana-db")])
        #expect(database.subject == .sqlite(path: "/var/lib/grafana/grafana.db"))
        #expect(database.policies == [try PolicyID("hourly-db"), try PolicyID("nightly")])
    }

    @Test("What an account has is listed unless that is off, and what it has may be waived")
    func inventory() throws {
        let configuration = try load(
            """
            version: 1
            providers:
              one: { type: digitalocean, token: { credential: a } }
              two: { type: digitalocean, token: { credential: b }, inventory: off }
              three: { type: digitalocean, token: { credential: b }, inventory: on }
            policies:
              nightly: { plan: daily, retention: { keep_daily: 7 } }
            targets:
              - { name: web, provider: one, droplet: 7, policy: nightly }
            waivers:
              - { target: one-droplet-8, owner: anna, reason: a build machine, until: 2027-01-31 }
            """)
        let listing = configuration.providers.mapValues(\.listsInventory)
        let expected = try [
            ProviderID("one"): true, ProviderID("two"): false, ProviderID("three"): true,
        ]
        #expect(listing == expected)
        #expect(configuration.waivers.map(\.waiver.target.text) == ["one-droplet-8"])
    }

    @Test("Pieces OS is looked for, or named; a device is this machine, or named")
    func pieces() throws {
        let configuration = try load(
            """
            version: 1
            providers:
              found: { type: pieces }
              named: { type: pieces, endpoint: "http://127.0.0.1:5323/", application_id: a-1 }
            policies:
              nightly: { plan: daily, retention: { keep_daily: 7 } }
            targets:
              - { name: here, provider: found, device: this, policy: nightly }
              - { name: there, provider: named, device: Müllers MacBook, policy: nightly }
            """)
        let found = try #require(configuration.providers[ProviderID("found")])
        #expect(found.kind == .pieces(PiecesInstallation()))
        #expect(found.concurrency == 1)
        let named = try #require(configuration.providers[ProviderID("named")])
        #expect(
            named.kind
                == .pieces(
                    PiecesInstallation(endpoint: "http://127.0.0.1:5323", applicationID: "a-1")))
        let here = try #require(configuration.targets[TargetID("here")])
        #expect(here.subject == .device(name: nil))
        let there = try #require(configuration.targets[TargetID("there")])
        #expect(there.subject == .device(name: "Müllers MacBook"))
    }

    @Test("What is left out has its documented default")
    func defaults() throws {
        let configuration = try load(
            """
            version: 1
            providers:
              disk: { type: local, repository: /backups/ }
            policies:
              p: { plan: daily }
            targets:
              - { name: a, provider: disk, directory: /srv//a/./b/.., policy: p }
            """)
        let provider = try #require(configuration.providers[ProviderID("disk")])
        #expect(provider.kind == .local(repository: "/backups"))
        #expect(provider.concurrency == 2)
        let policy = try #require(configuration.policies[PolicyID("p")])
        #expect(policy.schedule.opensAt == .midnight)
        #expect(policy.schedule.length == .hours(4))
        #expect(policy.schedule.zone.name == "UTC")
        #expect(policy.timeout == .hours(6))
        #expect(policy.retention == RetentionSettings())
        #expect(policy.recoveryPointObjective == nil)
        #expect(policy.retry == RetrySettings())
        #expect(policy.catchUp == .latest)
        #expect(policy.hooks == Hooks())
        let target = try #require(configuration.targets[TargetID("a")])
        #expect(target.subject == .directory(path: "/srv/a", exclude: []))
        #expect(!target.allowsUnreadable)
        #expect(configuration.control.adminGroup == nil)
    }

    @Test(
        "A plan is read as it is written",
        arguments: [
            ("plan: daily, hour: 2", Plan.daily, "02:00"),
            ("plan: daily, at: 02:30", .daily, "02:30"),
            ("plan: daily, at: \"2:30\"", .daily, "02:30"),
            ("plan: weekly, weekday: SUN, hour: 20", .weekly([.sunday]), "20:00"),
            ("plan: weekly, weekday: [MON, FRI]", .weekly([.monday, .friday]), "00:00"),
            (
                "plan: monthly, day: last", .monthly(MonthDays(days: [], includesLast: true)),
                "00:00"
            ),
            (
                "plan: monthly, day: [15, 1, last]",
                .monthly(MonthDays(days: [1, 15], includesLast: true)), "00:00"
            ),
            ("plan: hourly", .hourly(every: 1), "00:00"),
            ("plan: hourly, every: 6h, at: 05:59", .hourly(every: 6), "05:59"),
        ])
    func plans(text: String, plan: Plan, opensAt: String) throws {
        let schedule = try policy(text).schedule
        #expect(schedule.plan == plan)
        #expect(schedule.opensAt.description == opensAt)
    }

    @Test(
        "A window without a length is 4h, or the shortest distance between openings",
        arguments: [
            ("plan: daily", Duration.hours(4)),
            ("plan: hourly", .hours(1)),
            ("plan: hourly, every: 3h, timezone: UTC", .hours(3)),
            // At 02:00 local time the clock goes on by an hour: 00:00, then 03:00.
            ("plan: hourly, every: 3h, timezone: Europe/Berlin", .hours(2)),
            ("plan: hourly, every: 12h, timezone: Europe/Berlin", .hours(4)),
            ("plan: hourly, timezone: Australia/Lord_Howe", .minutes(30)),
            ("plan: hourly, window: 1h", .hours(1)),
            ("plan: daily, window: 24h", .hours(24)),
            ("plan: daily, window: 23h, timezone: Europe/Berlin", .hours(23)),
        ])
    func windows(text: String, length: Duration) throws {
        #expect(try policy(text).schedule.length == length)
    }

    @Test("Every retention rule reaches its own setting")
    func retention() throws {
        let settings = try policy(
            """
            plan: daily, retention: { keep_last: 1, keep_hourly: 2, keep_daily: 3, keep_weekly: 4,
            keep_monthly: 5, keep_yearly: all, keep_within: 1y, keep_within_hourly: 2h,
            keep_within_daily: 3d, keep_within_weekly: 4m, keep_within_monthly: 1y2m3d4h,
            keep_within_yearly: 6y, minimum: 7, min_age: 8h, grace: 0s, prune_guard: 100% }
            """
        ).retention
        #expect(
            settings.rules.summary == [
                "keep_last: 1", "keep_hourly: 2", "keep_daily: 3", "keep_weekly: 4",
                "keep_monthly: 5", "keep_yearly: all", "keep_within: 1y",
                "keep_within_hourly: 2h", "keep_within_daily: 3d", "keep_within_weekly: 4m",
                "keep_within_monthly: 1y2m3d4h", "keep_within_yearly: 6y",
            ])
        #expect(settings.minimum == 7)
        #expect(settings.minAge == .hours(8))
        #expect(settings.grace == .zero)
        #expect(settings.guardPercent == 100)
    }

    @Test("Hooks fail the attempt before it and are only noted after it, unless told otherwise")
    func hooks() throws {
        let hooks = try policy(
            """
            plan: daily, hooks: { before: { command: [/bin/a, -x] }, after: { command: [/bin/b],
            on_error: fail, timeout: 1d }, on_failure: { command: [/bin/c] } }
            """
        ).hooks
        #expect(
            hooks.before == Hook(command: ["/bin/a", "-x"], timeout: .seconds(30), onError: .fail))
        #expect(hooks.after == Hook(command: ["/bin/b"], timeout: .days(1), onError: .fail))
        #expect(
            hooks.onFailure
                == Hook(command: ["/bin/c"], timeout: .seconds(30), onError: .continue))
    }

    @Test(
        "Drills are a day, a week, a month or a duration apart",
        arguments: [
            ("verify: { every: day }", DrillSettings(every: .days(1))),
            ("verify: { every: week, pick: newest }", DrillSettings(every: .days(7))),
            (
                "verify: { every: month, pick: random }",
                DrillSettings(every: .days(30), pick: .random)
            ),
            ("verify: { every: 2w }", DrillSettings(every: .days(14))),
            ("verify: { every: 36h }", DrillSettings(every: .hours(36))),
            (
                "verify: { every: 366d, command: [/bin/check, -x] }",
                DrillSettings(
                    every: .days(366),
                    command: Hook(
                        command: ["/bin/check", "-x"], timeout: .minutes(10), onError: .fail))
            ),
            (
                "verify: { every: 1d, command: [/bin/check], timeout: 1h }",
                DrillSettings(
                    every: .days(1),
                    command: Hook(command: ["/bin/check"], timeout: .hours(1), onError: .fail))
            ),
            ("catch_up: skip", nil),
        ] as [(String, DrillSettings?)])
    func drills(text: String, expected: DrillSettings?) throws {
        #expect(try policy("plan: daily, \(text)").drills == expected)
    }

    @Test("A policy without a rule is allowed and warned about, at its place")
    func noRules() throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write("version: 1\npolicies:\n  keep: { plan: daily }\n")
        let warnings = try loader.load(path: path, now: testNow).warnings
        #expect(
            warnings == [
                "\(path):3:3: policies.keep.retention: no rule keeps anything, so every recovery "
                    + "point stays for ever; add a rule such as 'keep_daily: 7', or "
                    + "'keep_last: all' if that is meant"
            ])
    }

    @Test("Aliases stand for values, and an empty section is none")
    func aliases() throws {
        let configuration = try load(
            """
            version: 1
            targets:
            policies:
              a: { plan: daily, retention: &keep { keep_daily: 3 } }
              b: { plan: hourly, retention: *keep }
            """)
        #expect(
            configuration.policies[try PolicyID("b")]?.retention.rules.daily == .periods(3))
        #expect(configuration.targets.isEmpty)
    }

    @Test("A byte order mark, CRLF and text beyond ASCII do no harm")
    func encodings() throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write(
            "\u{FEFF}version: 1\r\n# Köln 🗄\r\ntimezone: Europe/Berlin\r\n"
                + "policies:\r\n  p: { plan: daily, retention: { keep_last: 1 }, colour: x }\r\n")
        #expect(failure(of: path)?.hasPrefix("holdfast.yaml:5:50: policies.p.colour:") == true)
    }
}
