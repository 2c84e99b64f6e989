import Foundation
import HoldfastTesting
import Testing

@Suite("What-if on the real history")
struct ForecastTests {
    /// A change of a configuration, over ten days from the first of March 2026 on.
    struct Change: Sendable {
        let name: String
        let policies: String
        let targets: String
        var providers = "disk: { type: local, repository: /srv/repository }"
        var selectors = ""
        var more: [String] = []
    }

    private static let nightly =
        "nightly: { plan: daily, at: \"02:30\", objective: { rpo: 26h }, retention: { %@ } }"

    private static func nightly(_ rules: String) -> String {
        nightly.replacing("%@", with: rules)
    }

    private static let web = "{ name: web, provider: disk, directory: /srv/web, policy: nightly }"
    private static let mail =
        "{ name: mail, provider: disk, directory: /srv/mail, policy: nightly }"

    static let changes = [
        Change(name: "raise", policies: nightly("keep_daily: 60"), targets: "[\(web), \(mail)]"),
        Change(name: "cut", policies: nightly("keep_daily: 2"), targets: "[\(web), \(mail)]"),
        Change(name: "removed", policies: nightly("keep_daily: 30"), targets: "[\(web)]"),
        Change(
            name: "added", policies: nightly("keep_daily: 30"),
            targets:
                "[\(web), \(mail), { name: news, provider: disk, directory: /srv/news, policy: nightly }]"
        ),
        Change(
            name: "zone",
            policies: nightly("keep_daily: 28").replacing(
                "plan: daily", with: "plan: daily, timezone: Asia/Tokyo"),
            targets: "[\(web), \(mail)]"),
        Change(
            name: "gap",
            policies: "nightly: { plan: weekly, weekday: SUN, at: \"02:30\", "
                + "objective: { rpo: 26h }, retention: { keep_daily: 30 } }",
            targets: "[\(web), \(mail)]"),
        Change(
            name: "full", policies: nightly("keep_last: 3"),
            targets:
                "[\(web), \(mail), { name: db, provider: vps, instance: 12345, policy: nightly }]",
            providers: """
                disk: { type: local, repository: /srv/repository }
                  vps:
                    type: contabo
                    client_id: INT-54321
                    client_secret: { env: SECRET }
                    user: api@example.com
                    password: { env: PASSWORD }
                """),
        Change(
            name: "selector", policies: nightly("keep_daily: 30"), targets: "[\(web), \(mail)]",
            providers: """
                disk: { type: local, repository: /srv/repository }
                  cloud: { type: digitalocean, token: { env: TOKEN } }
                """,
            selectors: "selectors: [{ provider: cloud, tag: prod, policy: nightly }]"),
    ]

    private func configure(_ estate: Estate, _ change: Change, file: String) throws -> String {
        try estate.write(
            """
            version: 1
            timezone: Europe/Berlin
            providers:
              \(change.providers)
            policies:
              \(change.policies)
            targets: \(change.targets)
            \(change.selectors)

            """, to: file)
    }

    private func replay(
        _ estate: Estate, _ change: Change, _ more: [String] = []
    ) async throws -> Ended {
        let current = Change(
            name: "current", policies: Self.nightly("keep_daily: 28").replacing("26h", with: "50h"),
            targets: "[\(Self.web), \(Self.mail)]")
        let proposed = try configure(estate, change, file: "new.yaml")
        return try await estate.holdfast(
            [
                "plan", "--config", proposed, "--current",
                try configure(estate, current, file: "current.yaml"), "--from",
                "2026-03-01T00:00:00Z", "--days", "10",
            ] + more)
    }

    private func past() async throws -> Estate {
        let estate = try Estate()
        try await estate.makeHistory()
        try await estate.recordPast("nightly", "web", points: 28, newest: "2026-02-28 01:30:00")
        try await estate.recordPast("nightly", "mail", points: 3, newest: "2026-02-28 01:30:00")
        return estate
    }

    @Test("Each change is told before it is made", arguments: changes)
    func golden(change: Change) async throws {
        let estate = try await past()
        if change.name == "full" {
            try await estate.recordPast(
                "nightly", "db", at: "vps", points: 3, newest: "2026-02-28 01:30:00")
            try await estate.history.change(
                """
                INSERT INTO job (kind, cause, policy, target, provider, opens, closes, start_before,
                        state, not_before, created_at, ended_at, last_error)
                SELECT kind, cause, policy, target, provider, opens + 1000, closes, start_before,
                    'failed', not_before, created_at, ended_at,
                    'refused with 402: Total snapshots exceed the total max limit of 3 snapshots'
                FROM job WHERE target = 'db' ORDER BY opens DESC LIMIT 1
                """)
        }
        let ended = try await replay(estate, change)
        #expect(ended.code == 0, "\(ended.err)")
        try expectGolden(
            ended.out.replacing(estate.root, with: "ROOT"), "plan/\(change.name).txt")
        // Nothing was written.
        #expect(try await estate.history.value("SELECT count(*) FROM event") == "0")
    }

    @Test("What can't be compared, or is no history, is refused with the way out")
    func refusals() async throws {
        let estate = try await past()
        let proposed = try configure(estate, Self.changes[0], file: "new.yaml")
        let missing = try await estate.holdfast(
            "plan", "--config", proposed, "--current", "\(estate.root)/missing.yaml")
        #expect(missing.code == 78, "\(missing.err)")
        #expect(missing.err.contains("missing.yaml"))
        let wrong = try await estate.holdfast(
            "plan", "--config", proposed, "--current", proposed, "--history", proposed)
        #expect(wrong.code == 1)
        #expect(wrong.err.contains("is no history; name history.sqlite"), "\(wrong.err)")
    }

    private struct Answer: Decodable {
        struct Row: Decodable {
            let target: String
            let pointsNow: Int
            let pointsAtEnd: Int?
            let pointsWaiting: Int
        }
        struct Point: Decodable {
            let id: String
            let target: String
            let outcome: String
            let exists: Bool
        }
        struct Totals: Decodable {
            let pointsGone: Int
            let pointsWaiting: Int
            let targetsLost: Int
        }
        let assignments: [Row]
        let points: [Point]
        let totals: Totals
    }

    @Test("As JSON it has every point")
    func json() async throws {
        let estate = try await past()
        let ended = try await replay(estate, Self.changes[1], ["--json"])
        #expect(ended.code == 0, "\(ended.err)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let answer = try decoder.decode(Answer.self, from: Data(ended.out.utf8))
        #expect(answer.assignments.map(\.target) == ["mail", "web"])
        #expect(answer.assignments.map(\.pointsNow) == [3, 28])
        #expect(
            answer.points.count { $0.outcome == "goes" } == answer.totals.pointsGone)
        #expect(
            answer.points.count { $0.outcome == "waits" } == answer.totals.pointsWaiting)
        #expect(answer.totals.pointsWaiting > 20)
        let recorded = try await estate.history.rows("SELECT token FROM recovery_point")
        let named = Set(answer.points.filter(\.exists).map(\.id))
        #expect(named.isSubset(of: Set(recorded.map { $0[0] })))
    }

    @Test("A file that is wrong is refused as 'check' refuses it")
    func wrong() async throws {
        let estate = try await past()
        let change = Change(
            name: "wrong", policies: Self.nightly("keep_daily: -3"), targets: "[\(Self.web)]")
        let ended = try await replay(estate, change)
        #expect(ended.code == 78)
        #expect(ended.err.contains("policies.nightly.retention.keep_daily"))
        #expect(ended.out.isEmpty)
    }

    @Test("What can't be read is told with the way out")
    func unreadable() async throws {
        let estate = try Estate()
        try estate.configure(policy: TestPolicy.closed())
        let words = ["plan", "--config", estate.configuration]
        let absent = try await estate.holdfast(words)
        #expect(absent.code == 1)
        #expect(absent.err.contains("history.sqlite: No such file or directory; name the file"))
        #expect(!estate.exists("state/history.sqlite"))
        try estate.write("no database at all, but some text of a length", to: "other")
        let foreign = try await estate.holdfast(words + ["--history", "\(estate.root)/other"])
        #expect(foreign.code == 1)
        let both = try await estate.holdfast(words + ["--policy", "main"])
        #expect(both.code == 64)
        #expect(both.err.contains("--windows"))
        let neither = try await estate.holdfast(["plan", "--windows"])
        #expect(neither.code == 64)
    }

    @Test("Somebody who may not read the history is told who may")
    func forbidden() async throws {
        guard await Nobody.isAvailable() else { return }
        let estate = try await past()
        try estate.configure(policy: TestPolicy.closed())
        for folder in ["", "etc"] { chmod("\(estate.root)/\(folder)", 0o755) }
        chmod(estate.state, 0o700)
        let ended = try await estate.holdfast(
            ["plan", "--config", estate.configuration], launcher: Nobody.launcher)
        #expect(ended.code == 77)
        #expect(ended.err.contains("run as root"))
    }
}
