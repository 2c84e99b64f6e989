import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

/// An answer that no client should trust.
struct OddAnswer: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let reply: CloudReply
    var kind: ProviderError.Kind? = .transient

    init(_ name: String, _ reply: CloudReply, _ kind: ProviderError.Kind? = .transient) {
        testDescription = name
        self.reply = reply
        self.kind = kind
    }
}

@Suite("Answers that no client of IONOS Cloud should trust")
struct IONOSBadInputTests {
    private static let base = "/cloudapi/v6"
    private static let volume =
        "\(base)/datacenters/\(ProviderUnderTest.ionosDatacenter)/volumes/"
        + "b10c0001-0000-4000-8000-000000000002"

    private func ask(
        _ replies: [String: CloudReply], _ body: @Sendable (Bench) async throws -> Void
    ) async throws {
        let clock = SimulatedClock(standingAt: Bench.noon)
        let desk = CloudDesk(ScriptedVendor(replies), clock: clock)
        let target = Target(
            id: TargetID(trusted: "web"), provider: ProviderID(trusted: "under-test"),
            subject: ProviderUnderTest.ionosSubject, policies: [PolicyID(trusted: "nightly")])
        try await ProviderUnderTest.ionosVolume.serving(desk) { url in
            try await body(
                Bench(
                    provider: ProviderUnderTest.ionosProvider(at: url, clock), target: target,
                    clock: clock, desk: desk))
        }
    }

    private static func item(
        _ id: String = #""5a95""#, state: String = #""AVAILABLE""#,
        date: String = #""2026-03-28T12:00:00Z""#,
        name: String = #""hf-5k3v9m2q0d-20260329T010000Z""#,
        size: String = "100"
    ) -> String {
        #"{"items":[{"id":\#(id),"metadata":{"state":\#(state),"createdDate":\#(date)},"#
            + #""properties":{"name":\#(name),"size":\#(size)}}]}"#
    }

    @Test(
        "A list that is not what it should be is an error and never an empty list",
        arguments: [
            OddAnswer("empty", ScriptedVendor.json("")),
            OddAnswer("no JSON", ScriptedVendor.json("{")),
            OddAnswer("a page", ScriptedVendor.json("<html>maintenance</html>")),
            OddAnswer("null", ScriptedVendor.json("null")),
            OddAnswer("no items", ScriptedVendor.json("{}")),
            OddAnswer("items of null", ScriptedVendor.json(#"{"items":null}"#)),
            OddAnswer("items of text", ScriptedVendor.json(#"{"items":"none"}"#)),
            OddAnswer("depth not kept to", ScriptedVendor.json(#"{"items":[{"id":"5a95"}]}"#)),
            OddAnswer("id of number", ScriptedVendor.json(item("7"))),
            OddAnswer("id of path", ScriptedVendor.json(item(#""../volumes/1""#))),
            OddAnswer("no state", ScriptedVendor.json(item(state: "null"))),
            OddAnswer("no date", ScriptedVendor.json(item(date: #""yesterday""#))),
            OddAnswer("name of number", ScriptedVendor.json(item(name: "7"))),
            OddAnswer("size of words", ScriptedVendor.json(item(size: #""large""#))),
            OddAnswer(
                "a next page",
                ScriptedVendor.json(
                    #"{"items":[],"_links":{"next":"https://x/snapshots?offset=1"}}"#)),
            OddAnswer("204", CloudReply(status: 204)),
            OddAnswer("302", CloudReply(status: 302), .permanent),
            OddAnswer("size as text", ScriptedVendor.json(item(size: #""100""#)), nil),
            OddAnswer("no zone", ScriptedVendor.json(item(date: #""2026-03-28T12:00:00""#)), nil),
            OddAnswer("new state", ScriptedVendor.json(item(state: #""MIGRATING""#)), nil),
            OddAnswer("no size", ScriptedVendor.json(item(size: "null")), nil),
        ])
    func list(answer: OddAnswer) async throws {
        try await ask(["GET \(Self.base)/snapshots": answer.reply]) { bench in
            do {
                let listing = try await bench.list()
                #expect(answer.kind == nil, "taken for \(listing)")
                #expect(listing.points.count == 1)
                #expect(listing.points.first?.takenAt == Bench.noon)
            } catch let error as ProviderError {
                #expect(error.kind == answer.kind, "\(error.message)")
                #expect(error.message.utf8.count < 1000)
            }
        }
    }

    @Test(
        "An order that was accepted is never taken for one that was not",
        arguments: [
            OddAnswer("no body", ScriptedVendor.json("", status: 202, location: "/x")),
            OddAnswer("no id", ScriptedVendor.json("{}", status: 202, location: "/x")),
            OddAnswer("id of path", ScriptedVendor.json(#"{"id":"a/b"}"#, status: 202)),
            OddAnswer("no Location", ScriptedVendor.json(#"{"id":"5a95"}"#, status: 202)),
            OddAnswer(
                "Location elsewhere",
                ScriptedVendor.json(
                    #"{"id":"5a95"}"#, status: 202,
                    location: "https://example.org/cloudapi/v6/requests/r/status")),
            OddAnswer("500", ScriptedVendor.json("{}", status: 500)),
        ])
    func order(answer: OddAnswer) async throws {
        try await ask(["POST \(Self.volume)/create-snapshot": answer.reply]) { bench in
            do {
                let progress = try await bench.start()
                Issue.record("taken for \(progress)")
            } catch let error as ProviderError {
                #expect(error.kind == .ambiguous, "\(error.message)")
            }
        }
    }

    @Test(
        "A request's state is asked for until the vendor says that it ended",
        arguments: [("DONE", false), ("QUEUED", true), ("WAITING_FOR_GODOT", true)])
    func states(word: String, isRunning: Bool) async throws {
        let replies = [
            "POST \(Self.volume)/create-snapshot": ScriptedVendor.json(
                #"{"id":"5a95"}"#, status: 202, location: "\(Self.base)/requests/r-1/status"),
            "GET \(Self.base)/requests/r-1/status": ScriptedVendor.json(
                #"{"metadata":{"status":"\#(word)"}}"#),
        ]
        try await ask(replies) { bench in
            guard case .running(let operation, _) = try await bench.start() else {
                Issue.record("a snapshot was there at once")
                return
            }
            do {
                let progress = try await bench.provider.poll(operation)
                guard case .running(operation, _) = progress else {
                    Issue.record("\(progress)")
                    return
                }
                #expect(isRunning)
            } catch let error as ProviderError {
                // Done, but the snapshot itself is nowhere.
                #expect(error.kind == .ambiguous && !isRunning, "\(error.message)")
            }
        }
    }
}
