import HoldfastCore
import SimulatedClouds
import Synchronization
import Testing

@testable import HoldfastProviders

@Suite("Pieces OS that answers nonsense")
struct PiecesBadInputTests {
    private static let backup =
        #"{"id":"1_2","version":"1","timestamp":"2","bytes":3,"platform":"LINUX","#
        + #""created":{"value":"2026-03-28T12:00:00Z"},"device_name":"workstation"}"#

    private static func json(_ text: String) -> CloudReply {
        CloudReply(status: 200, contentType: "application/json", body: Array(text.utf8))
    }

    private func listing(_ text: String) async throws -> Result<PointListing, ProviderError> {
        var result: Result<PointListing, ProviderError>?
        let (results, told) = AsyncStream.makeStream(of: Result<PointListing, ProviderError>.self)
        try await CannedCloud.run([{ _ in Self.json(text) }]) { provider, _ in
            do throws(ProviderError) {
                told.yield(
                    .success(try await provider.list(PiecesBench.target(), knowing: .unknown)))
            } catch {
                told.yield(.failure(error))
            }
            told.finish()
        }
        for await value in results { result = value }
        return try #require(result)
    }

    @Test(
        "A list that can't be read is an error with its words, never an empty list",
        arguments: [
            "", "null", "{}", "[]", "<html>busy</html>", #"{"iterable":null}"#,
            #"{"iterable":{}}"#, #"{"iterable":["x"]}"#, #"{"iterable":[{}]}"#,
            #"{"iterable":[\#(backup),\#(backup)]}"#,
            #"{"iterable":[\#(backup)"#,
            #"{"iterable":[\#(backup.replacing(#""id":"1_2""#, with: #""id":"""#))]}"#,
            #"{"iterable":[\#(backup.replacing(#""id":"1_2""#, with: #""id":7"#))]}"#,
            #"{"iterable":[\#(backup.replacing("2026-03-28", with: "yesterday"))]}"#,
            #"{"iterable":[\#(backup.replacing(#":3,"#, with: #":-3,"#))]}"#,
            #"{"iterable":[\#(backup.replacing(#":3,"#, with: #":"many","#))]}"#,
            #"{"iterable":[\#(backup.replacing(#":3,"#, with: ":1e300,"))]}"#,
            #"{"iterable":[\#(backup.replacing("device_name", with: "device"))]}"#,
        ])
    func list(text: String) async throws {
        let result = try await listing(text)
        guard case .failure(let error) = result else {
            Issue.record("taken for a list: \(result)")
            return
        }
        #expect(error.kind == .transient, "\(error)")
    }

    @Test(
        "Harmless deviations are taken: more members, words of later versions, numbers as text",
        arguments: [
            backup, backup.replacing(#":3,"#, with: #":"3","#),
            backup.replacing(#":3,"#, with: ":3.9,"), backup.replacing("LINUX", with: "TOASTER"),
            backup.replacing("12:00:00Z", with: "12:00:00.000"),
            #"{"more":[{"a":null}],"# + backup.dropFirst(),
        ])
    func tolerated(backup: String) async throws {
        let listing = try await listing(#"{"iterable":[\#(backup)],"indices":7,"later":{}}"#).get()
        #expect(listing.strangers.map(\.remoteID) == ["1_2"])
        #expect(listing.strangers.first?.takenAt == Bench.noon)
    }

    @Test(
        "A creation that is answered with nonsense may have made a backup",
        arguments: [
            "", "ok", "{", "<html>{ color: red }</html>", #"{"status":7}"#,
            #"{"status":"COMPLETED"}"#, #"{"status":"COMPLETED","backup":{}}"#,
            #"{"status":"COMPLETED","backup":null}"#,
            #"{"status":"COMPLETED","backup":{"id":"x"}}"#,
            #"{"status":"RESET","percentage":100}"#, #"{"status":"LATER"}"#, "{}",
            #"{"status":""}"#,
        ])
    func creation(text: String) async throws {
        try await CannedCloud.run([{ _ in Self.json(text) }]) { provider, _ in
            let error = await providerFailure {
                _ = try await provider.start(PiecesBench.request())
            }
            #expect(error?.kind == .ambiguous, "\(error?.message ?? "no error")")
        }
    }

    @Test(
        "A percentage that is none is left out; words that are not known are no end",
        arguments: [#""x""#, "-1", "101", "{}", "null", "1e400"])
    func percentage(text: String) async throws {
        let stream =
            #"{"status":"LATER","percentage":\#(text)}{"status":"","backup":null}"#
            + #"{"status":"COMPLETED","percentage":"100","backup":\#(Self.backup)}"#
        try await CannedCloud.run([{ _ in Self.json(stream) }]) { provider, _ in
            let progress = try await provider.start(PiecesBench.request())
            guard case .finished(let point) = progress else {
                Issue.record("not finished")
                return
            }
            #expect(point.remoteID == "1_2")
        }
    }

    @Test("An endless stream is given up")
    func endless() async throws {
        let reply: @Sendable (CloudRequest) -> CloudReply = { _ in
            var reply = CloudReply(status: 200, contentType: "application/json")
            reply.stream = CloudStream(piecesBeforeCut: 1) {
                Array(String(repeating: #"{"status":"IN-PROGRESS"}"#, count: 4000).utf8)
            }
            return reply
        }
        try await CannedCloud.run([reply]) { provider, _ in
            let error = await providerFailure {
                _ = try await provider.start(PiecesBench.request())
            }
            #expect(error?.kind == .ambiguous)
            #expect(error?.message.contains("16 MiB") == true, "\(error?.message ?? "")")
        }
    }

    @Test("A stream that goes on after its last word is left")
    func afterwards() async throws {
        let reply: @Sendable (CloudRequest) -> CloudReply = { _ in
            var reply = CloudReply(status: 200, contentType: "application/json")
            let (never, kept) = AsyncStream.makeStream(of: Void.self)
            let parts = Mutex([#"{"status":"COMPLETED","backup":\#(Self.backup)}"#])
            reply.stream = CloudStream(piecesBeforeCut: 1) {
                if let part = parts.withLock({ $0.popLast() }) { return Array(part.utf8) }
                for await _ in never {}
                kept.finish()
                return nil
            }
            return reply
        }
        try await CannedCloud.run([reply]) { provider, _ in
            let progress = try await provider.start(PiecesBench.request())
            guard case .finished(let point) = progress else {
                Issue.record("not finished")
                return
            }
            #expect(point.remoteID == "1_2")
        }
    }

    @Test("A redirect is not followed")
    func redirect() async throws {
        let reply: @Sendable (CloudRequest) -> CloudReply = { _ in
            CloudReply(status: 307, headers: [("location", "http://127.0.0.1:9/backups")])
        }
        try await CannedCloud.run([reply]) { provider, desks in
            let error = await providerFailure {
                _ = try await provider.list(PiecesBench.target(), knowing: .unknown)
            }
            #expect(error?.kind == .permanent)
            #expect(await desks[0].requestCount(of: "GET elsewhere") == 1)
        }
    }
}
