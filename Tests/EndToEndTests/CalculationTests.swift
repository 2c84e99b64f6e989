import Testing

@Suite("Working things out without the daemon")
struct CalculationTests {
    private static let springText = """
        [
          {
            "closes" : "2026-03-28T05:00:00Z",
            "opens" : "2026-03-28T01:00:00Z"
          },
          {
            "closes" : "2026-03-29T05:00:00Z",
            "opens" : "2026-03-29T01:00:00Z"
          },
          {
            "closes" : "2026-03-30T04:00:00Z",
            "opens" : "2026-03-30T00:00:00Z"
          }
        ]

        """

    @Test("A daily window at 02:00 opens after the gap of the spring's clock change")
    func spring() async throws {
        let words = [
            "windows", "--plan", "daily", "--hour", "2", "--window", "4h", "--timezone",
            "Europe/Berlin", "--from", "2026-03-28T00:00:00Z", "--count", "3",
        ]
        let json = try await Programs.run(Programs.holdfast, words + ["--json"])
        #expect(json.code == 0)
        #expect(json.out == Self.springText)
        let table = try await Programs.run(Programs.holdfast, words)
        #expect(
            table.out == """
                OPENS                 CLOSES                LOCAL TIME (Europe/Berlin)
                2026-03-28T01:00:00Z  2026-03-28T05:00:00Z  2026-03-28 02:00 +01:00
                2026-03-29T01:00:00Z  2026-03-29T05:00:00Z  2026-03-29 03:00 +02:00
                2026-03-30T00:00:00Z  2026-03-30T04:00:00Z  2026-03-30 02:00 +02:00

                """)
    }

    @Test(
        "Each plan's next openings",
        arguments: [
            (
                "--plan daily --at 02:30 --timezone Europe/Berlin --from 2026-10-24T00:00:00Z",
                "2026-10-24T00:30:00Z 2026-10-25T00:30:00Z 2026-10-26T01:30:00Z"
            ),
            (
                "--plan weekly --weekday SUN,WED --at 02:30 --timezone Europe/Berlin "
                    + "--from 2026-03-28T00:00:00Z",
                "2026-03-29T01:00:00Z 2026-04-01T00:30:00Z 2026-04-05T00:30:00Z"
            ),
            (
                "--plan monthly --day 31,last --hour 2 --from 2026-01-31T02:00:00Z",
                "2026-01-31T02:00:00Z 2026-02-28T02:00:00Z 2026-03-31T02:00:00Z"
            ),
            (
                "--plan hourly --every 6h --at 00:30 --timezone Europe/Berlin "
                    + "--from 2026-03-28T17:30:00.001Z",
                "2026-03-28T23:30:00Z 2026-03-29T04:30:00Z 2026-03-29T10:30:00Z"
            ),
        ])
    func openings(words: String, expected: String) async throws {
        let arguments = words.split(separator: " ").map(String.init)
        let ended = try await Programs.run(
            Programs.holdfast, ["windows", "--count", "3"] + arguments)
        let openings = ended.out.split(separator: "\n").dropFirst().map { $0.prefix(20) }
        #expect(openings.joined(separator: " ") == expected, "\(ended.err)")
    }

    @Test("Retention keeps what its rules say, newest first, with the reasons")
    func retention() async throws {
        let points = """
            [{"id": "a", "taken_at": "2026-03-29T01:00:00Z"},
             {"id": "b", "taken_at": "2026-03-29T22:30:00Z"},
             {"id": "c", "taken_at": "2026-03-28T12:00:00+01:00"}]
            """
        // 22:30 in UTC is already the 30th in Berlin, so a has a day of its own.
        let ended = try await Programs.run(
            Programs.holdfast,
            [
                "retention", "--keep-daily", "2", "--keep-last", "1", "--timezone",
                "Europe/Berlin", "--points", "-", "--json",
            ], input: points)
        #expect(ended.code == 0, "\(ended.err)")
        #expect(
            ended.out == """
                [
                  {
                    "decision" : "keep",
                    "id" : "b",
                    "reasons" : [
                      "last",
                      "daily"
                    ],
                    "taken_at" : "2026-03-29T22:30:00Z"
                  },
                  {
                    "decision" : "keep",
                    "id" : "a",
                    "reasons" : [
                      "daily"
                    ],
                    "taken_at" : "2026-03-29T01:00:00Z"
                  },
                  {
                    "decision" : "remove",
                    "id" : "c",
                    "reasons" : [
                      "no rule keeps it"
                    ],
                    "taken_at" : "2026-03-28T12:00:00+01:00"
                  }
                ]

                """)
    }

    @Test("Retention reads what another program pipes into it")
    func retentionFromPipe() async throws {
        let ended = try await Programs.run(
            "bash",
            ["-c", "\"$0\" retention --keep-last 1 --points <(echo '[]')", Programs.holdfast])
        #expect(ended.code == 0, "\(ended.err)")
    }

    @Test("Retention tells which point it can't understand")
    func retentionInput() async throws {
        let ended = try await Programs.run(
            Programs.holdfast, ["retention", "--keep-last", "1", "--points", "-"],
            input: #"[{"id": "a", "taken_at": "today"}]"#)
        #expect(ended.code == 1)
        #expect(ended.err.contains("point 0: 'today' is not an RFC 3339 instant"))
    }

    @Test("The plan shows the coming windows of every policy")
    func plan() async throws {
        let estate = try Estate()
        try estate.configure(
            policy:
                "{ plan: daily, hour: 2, timezone: Europe/Berlin, retention: { keep_last: all } }",
            more: ["late: { plan: weekly, weekday: SUN, hour: 20, retention: { keep_last: all } }"],
            targets: [
                "{ name: letters, provider: disk, directory: /srv, policy: [late, main] }"
            ])
        let words = [
            "plan", "--windows", "--config", estate.configuration, "--from",
            "2026-03-28T00:00:00Z",
        ]
        let table = try await estate.holdfast(words)
        #expect(
            table.out == """
                OPENS                 CLOSES                LOCAL TIME               POLICY  TARGETS
                2026-03-28T01:00:00Z  2026-03-28T05:00:00Z  2026-03-28 02:00 +01:00  main    documents, letters
                2026-03-29T01:00:00Z  2026-03-29T05:00:00Z  2026-03-29 03:00 +02:00  main    documents, letters
                2026-03-29T20:00:00Z  2026-03-30T00:00:00Z  2026-03-29 20:00 +00:00  late    letters

                """, "\(table.err)")
        let none = try await estate.holdfast(words + ["--policy", "nosuch"])
        #expect(none.code == 1)
        #expect(none.err.contains("nosuch"))
    }
}
