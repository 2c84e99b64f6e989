import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

@Suite("What a Contabo adapter does with answers that can't be")
struct ContaboBadInputTests {
    private static let token = "hf-5k3v9m2q0d-20260329T010000Z"

    /// A vendor whose every list is this text.
    private func vendor(listing body: String, status: Int = 200) -> RecordingVendor {
        RecordingVendor { request in
            request.path.hasPrefix("/auth/")
                ? .scripted(ContaboBody.token) : .scripted(body, status: status)
        }
    }

    @Test(
        "A list that can't be right is an error with the request's id, never an empty list",
        arguments: [
            "", "null", "[]", "{}", "<html><body>Bad gateway</body></html>", "{\"data\":[]}",
            #"{"_pagination":{"totalElements":0,"totalPages":0,"page":1},"data":null}"#,
            #"{"_pagination":{"totalElements":0,"totalPages":0,"page":1}}"#,
            #"{"_pagination":{"totalElements":-1,"totalPages":0,"page":1},"data":[]}"#,
            #"{"_pagination":{"totalElements":0.5,"totalPages":0,"page":1},"data":[]}"#,
            #"{"_pagination":{"totalElements":1e300,"totalPages":0,"page":1},"data":[]}"#,
            #"{"_pagination":{"totalElements":"many","totalPages":0,"page":1},"data":[]}"#,
            // Three are counted and none is there.
            ContaboBody.page([], total: 3), ContaboBody.page([], pages: 2, total: 3),
            // Another page than the one that was asked for.
            ContaboBody.page([], page: 2),
            // The same snapshot twice.
            ContaboBody.page([
                ContaboBody.snapshot("snap1", name: "a"), ContaboBody.snapshot("snap1", name: "b"),
            ]),
            // Two where one is counted.
            ContaboBody.page(
                [
                    ContaboBody.snapshot("snap1", name: "a"),
                    ContaboBody.snapshot("snap2", name: "b"),
                ], total: 1),
            // A link to what the numbers say is not there.
            ContaboBody.page([], next: "/v1/x?page=2"),
            // A page that links to itself.
            ContaboBody.page(
                [ContaboBody.snapshot("snap1", name: "a")], pages: 2, total: 2,
                next: "/v1/x?page=1"),
            // A snapshot of another instance, without an id, without a name, without a date.
            ContaboBody.page([
                #"{"snapshotId":"snap1","name":"a","instanceId":7,"createdDate":"2026-03-28T12:00:00Z"}"#
            ]),
            ContaboBody.page([ContaboBody.snapshot("", name: "a")]),
            ContaboBody.page([ContaboBody.snapshot("../1", name: "a")]),
            ContaboBody.page([
                #"{"snapshotId":"snap1","instanceId":100101,"createdDate":"2026-03-28T12:00:00Z"}"#
            ]),
            ContaboBody.page([
                #"{"snapshotId":"snap1","name":"a","instanceId":100101,"createdDate":"yesterday"}"#
            ]),
            ContaboBody.page(["7"]),
        ])
    func list(body: String) async throws {
        let vendor = vendor(listing: body)
        try await withScripted(vendor) { provider, target in
            do {
                let listing = try await provider.list(target, knowing: .unknown)
                Issue.record("taken for the truth: \(listing)")
            } catch let error as ProviderError {
                #expect(error.kind == .transient, "\(error.message)")
                #expect(!error.message.isEmpty && error.message.utf8.count < 1000)
            }
        }
    }

    @Test("An unreadable answer is told with the request, its id and the body's beginning")
    func words() async throws {
        let vendor = vendor(listing: "<html>Bad gateway</html>")
        try await withScripted(vendor) { provider, target in
            let error = await #expect(throws: ProviderError.self) {
                _ = try await provider.list(target, knowing: .unknown)
            }
            let id = try #require(await vendor.requests.last?.header("x-request-id"))
            let message = error?.message ?? ""
            #expect(message.hasPrefix("GET http://127.0.0.1:"))
            #expect(message.contains("<html>Bad gateway</html>"))
            #expect(message.contains("(request \(id))"))
        }
    }

    @Test("Numbers as texts, texts as numbers, new members and new words do no harm")
    func lenient() async throws {
        let body =
            #"{"_pagination":{"totalElements":"2","totalPages":1.0,"page":"1","new":{}},"data":["#
            + #"{"snapshotId":77,"name":"\#(Self.token)","instanceId":"100101","colour":"red","#
            + #""createdDate":"2026-03-28T12:00:00"},"#
            + ContaboBody.snapshot("snap_2-b", name: "by \\u0007 hand") + "]}"
        try await withScripted(vendor(listing: body)) { provider, target in
            let listing = try await provider.list(target, knowing: .unknown)
            #expect(listing.points.map(\.remoteID) == ["100101/77"])
            #expect(listing.points.map(\.takenAt) == [Bench.noon])
            #expect(listing.strangers.map(\.remoteID) == ["100101/snap_2-b"])
            #expect(listing.strangers.map(\.name) == ["by   hand"])
        }
    }

    @Test("A list that goes on for ever is given up")
    func endless() async throws {
        let vendor = RecordingVendor { request in
            guard request.method == "GET" else { return .scripted(ContaboBody.token) }
            let page = request.queryItems.first { $0.name == "page" }.flatMap { Int($0.value) } ?? 0
            return .scripted(
                ContaboBody.page(
                    [ContaboBody.snapshot("snap\(page)", name: "a")], page: page,
                    pages: page + 1, total: 1_000_000))
        }
        try await withScripted(vendor) { provider, target in
            let error = await #expect(throws: ProviderError.self) {
                _ = try await provider.list(target, knowing: .unknown)
            }
            #expect(error?.kind == .transient)
            #expect(error?.message.contains("more than 1000 pages") == true)
        }
    }

    @Test(
        "An order whose answer can't be right may have been done",
        arguments: [
            "", "{}", #"{"data":[]}"#, "<html></html>", #"{"data":[{"snapshotId":"snap1"}]}"#,
            #"{"data":[\#(ContaboBody.snapshot("..", name: token))]}"#,
            #"{"data":[\#(ContaboBody.snapshot("snap1", name: "a")),\#(ContaboBody.snapshot("snap2", name: "a"))]}"#,
        ])
    func order(body: String) async throws {
        try await withScripted(vendor(listing: body, status: 201)) { provider, target in
            let slot = SlotKey(
                assignment: Assignment(policy: PolicyID(trusted: "nightly"), target: target.id),
                opens: Bench.noon)
            let error = await #expect(throws: ProviderError.self) {
                _ = try await provider.start(
                    BackupRequest(
                        target: target, slot: slot, token: slot.token, report: { _ in }))
            }
            #expect(error?.kind == .ambiguous, "\(error?.message ?? "")")
        }
    }

    @Test("Every request has a label of its own, an order the token as its trace")
    func labels() async throws {
        let vendor = vendor(listing: ContaboBody.emptyPage)
        try await withScripted(vendor) { provider, target in
            let slot = SlotKey(
                assignment: Assignment(policy: PolicyID(trusted: "nightly"), target: target.id),
                opens: Bench.noon)
            _ = try? await provider.start(  // this vendor has no answer to an order
                BackupRequest(target: target, slot: slot, token: slot.token, report: { _ in }))
            _ = try await provider.list(target, knowing: .unknown)
            let requests = await vendor.requests.filter { $0.path.hasPrefix("/v1/") }
            let labels = requests.compactMap { $0.header("x-request-id") }
            #expect(labels.count == 2 && Set(labels).count == 2)
            let version4 = try Regex(
                "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
            for label in labels { #expect(label.wholeMatch(of: version4) != nil) }
            #expect(requests.map { $0.header("x-trace-id") } == [slot.token.text, nil])
            #expect(requests[0].header("content-type") == "application/json")
            let tokens = await vendor.requests.filter { $0.path.hasPrefix("/auth/") }
            #expect(tokens.allSatisfy { $0.header("authorization") == nil })
        }
    }
}
