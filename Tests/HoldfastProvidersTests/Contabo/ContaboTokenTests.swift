import Foundation
import HoldfastCore
import SimulatedClouds
import Synchronization
import Testing

@testable import HoldfastProviders

@Suite("Tokens of a Contabo account")
struct ContaboTokenTests {
    private static let token = ContaboBench.token
    private static let list = "GET /v1/compute/instances/{instanceId}/snapshots"

    /// Asks for the same list so many times at once.
    private func listAtOnce(_ count: Int, _ contabo: ContaboBench) async throws {
        let bench = contabo.bench
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count { group.addTask { _ = try await bench.list() } }
            try await group.waitForAll()
        }
    }

    @Test("However many requests need a token at once, one is fetched")
    func first() async throws {
        try await ProviderUnderTest.withContabo { contabo in
            try await listAtOnce(20, contabo)
            #expect(await contabo.desk.requestCount(of: Self.token) == 1)
            #expect(await contabo.desk.requestCount(of: Self.list, status: 200) == 20)
        }
    }

    @Test("A token is replaced before it runs out, so no request is refused for its age")
    func renewal() async throws {
        try await ProviderUnderTest.withContabo { contabo in
            for minute in 1...60 {
                _ = try await contabo.bench.list()
                contabo.clock.advance(by: .minutes(1))
                #expect(await contabo.desk.requestCount(of: Self.list) == Int64(minute))
            }
            #expect(await contabo.desk.requestCount(of: Self.list, status: 401) == 0)
            // Five minutes each, less the margin.
            #expect(await contabo.desk.requestCount(of: Self.token, status: 200) == 12)
        }
    }

    @Test("Tokens that live for a second are no endless renewal")
    func shortLived() async throws {
        try await ProviderUnderTest.withContabo(adjusting: { $0.accessTokenSeconds = 1 }) {
            contabo in
            for _ in 0..<5 { _ = try await contabo.bench.list() }
            #expect(await contabo.desk.requestCount(of: Self.token) == 1)
            contabo.clock.advance(by: .seconds(1))
            _ = try await contabo.bench.list()
            #expect(await contabo.desk.requestCount(of: Self.token) == 2)
        }
    }

    @Test("Many requests whose token the vendor ended renew it once, and each is sent once more")
    func refusedTogether() async throws {
        let state = Mutex((granted: 0, isFirstEnded: false))
        let vendor = RecordingVendor { request in
            state.withLock { state in
                if request.method == "POST" {
                    state.granted += 1
                    return .scripted(#"{"access_token":"t\#(state.granted)","expires_in":300}"#)
                }
                let isEnded =
                    state.isFirstEnded && request.header("authorization") == "Bearer t1"
                return isEnded
                    ? .scripted(#"{"statusCode":401,"message":"Unauthorized"}"#, status: 401)
                    : .scripted(ContaboBody.emptyPage)
            }
        }
        try await withScripted(vendor) { provider, target in
            _ = try await provider.list(target, knowing: .unknown)
            state.withLock { $0.isFirstEnded = true }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask { _ = try await provider.list(target, knowing: .unknown) }
                }
                try await group.waitForAll()
            }
        }
        #expect(state.withLock { $0.granted } == 2)
        let bearers = await vendor.requests.filter { $0.method == "GET" }
            .compactMap { $0.header("authorization") }
        #expect(bearers.count { $0 == "Bearer t2" } == 20)
        #expect((2...21).contains(bearers.count { $0 == "Bearer t1" }))
    }

    @Test("A token that is refused again ends the request: it is sent twice, never more")
    func refusedTwice() async throws {
        let fault = #"{"fault": "status", "status": 401, "path": "/v1/*", "every": 1}"#
        try await ProviderUnderTest.withContabo(faults: [fault]) { contabo in
            let error = await contabo.failure { _ = try await contabo.bench.start() }
            #expect(error?.kind == .authentication)
            #expect(error?.message.contains("a new token did not help") == true)
            let orders = "POST /v1/compute/instances/{instanceId}/snapshots"
            #expect(await contabo.desk.requestCount(of: orders) == 2)
            #expect(await contabo.desk.requestCount(of: Self.token) == 2)
        }
    }

    @Test("An order that is refused with 401 once is done once")
    func orderedOnce() async throws {
        let fault = #"{"fault": "status", "status": 401, "method": "POST", "path": "/v1/*"}"#
        try await ProviderUnderTest.withContabo(faults: [fault]) { contabo in
            _ = try await contabo.bench.finish(try await contabo.bench.start())
            let listed = try await contabo.bench.list()
            #expect(listed.points.count == 1)
        }
    }

    @Test("A refresh token that the vendor no longer takes is followed by the password")
    func refreshRefused() async throws {
        try await ProviderUnderTest.withContabo { contabo in
            _ = try await contabo.bench.list()
            contabo.clock.advance(by: .minutes(5))
            try await contabo.order(
                #"{"fault": "status", "status": 400, "path": "/auth/*", "count": 1}"#)
            _ = try await contabo.bench.list()
            #expect(await contabo.desk.requestCount(of: Self.token, status: 400) == 1)
            #expect(await contabo.desk.requestCount(of: Self.token, status: 200) == 2)
        }
    }

    @Test("A wrong password is tried once for all who wait, and its refusal is told to each")
    func wrongPassword() async throws {
        try await ProviderUnderTest.withContabo(secret: .wrong) { contabo in
            let kinds = await withTaskGroup(of: ProviderError.Kind?.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        await contabo.failure { _ = try await contabo.bench.list() }?.kind
                    }
                }
                return await group.reduce(into: [ProviderError.Kind?]()) { $0.append($1) }
            }
            #expect(kinds == Array(repeating: .authentication, count: 10))
            #expect(await contabo.desk.requestCount(of: Self.token) < 10)
            #expect(await contabo.desk.requestCount(of: Self.list) == 0)
        }
    }

    @Test(
        "A token server in trouble is no trouble with the order: nothing was done",
        arguments: [
            (#""fault": "status", "status": 500"#, ProviderError.Kind.transient),
            (#""fault": "status", "status": 502, "body": "html""#, .transient),
            (#""fault": "status", "status": 429, "retry_after": 5"#, .throttled),
            (#""fault": "cut_before""#, .transient), (#""fault": "truncate""#, .transient),
            (#""fault": "empty_200""#, .transient),
            (#""fault": "huge_body", "bytes": 20000000"#, .transient),
        ])
    func trouble(fault: String, kind: ProviderError.Kind) async throws {
        try await ProviderUnderTest.withContabo(faults: [#"{\#(fault), "path": "/auth/*"}"#]) {
            contabo in
            let error = await contabo.failure { _ = try await contabo.bench.start() }
            #expect(error?.kind == kind, "\(error?.message ?? "")")
            #expect(error?.message.contains("/auth/realms/contabo") == true)
            _ = try await contabo.bench.finish(try await contabo.bench.start())
        }
    }

    @Test(
        "An answer without a usable token is an error that shows nothing of it",
        arguments: [
            #"{"access_token":"SECRET"}"#, #"{"access_token":"SECRET","expires_in":0}"#,
            #"{"access_token":"SECRET","expires_in":-5}"#,
            #"{"access_token":"SEC RET","expires_in":300}"#,
            #"{"access_token":"SECRET\r\nX: y","expires_in":300}"#,
            #"{"access_token":"","expires_in":300}"#, #"["SECRET"]"#, "SECRET", "",
            #"{"access_token":"SECRET","expires_in":"soon"}"#,
        ])
    func unusable(body: String) async throws {
        let vendor = RecordingVendor { _ in .scripted(body) }
        try await withScripted(vendor) { provider, target in
            do {
                _ = try await provider.list(target, knowing: .unknown)
                Issue.record("it was taken")
            } catch let error as ProviderError {
                #expect(error.kind == .transient)
                #expect(error.message.contains("no token that can be used"))
                #expect(!error.message.contains("SEC"))
            }
        }
    }

    @Test("Numbers as texts do, and a life of a thousand years is not believed")
    func lenient() async throws {
        let asked = Mutex(0)
        let vendor = RecordingVendor { request in
            guard request.method == "POST" else { return .scripted(ContaboBody.emptyPage) }
            let number = asked.withLock {
                $0 += 1
                return $0
            }
            return .scripted(
                #"{"access_token":"t\#(number)","expires_in":"31536000000","scope":null}"#)
        }
        let clock = SimulatedClock(standingAt: Bench.noon)
        try await withScripted(vendor, clock: clock) { provider, target in
            _ = try await provider.list(target, knowing: .unknown)
            clock.advance(by: .hours(23))
            _ = try await provider.list(target, knowing: .unknown)
            clock.advance(by: .hours(1))
            _ = try await provider.list(target, knowing: .unknown)
        }
        let headers = await vendor.requests.compactMap { $0.header("authorization") }
        #expect(headers == ["Bearer t1", "Bearer t1", "Bearer t2"])
    }
}
