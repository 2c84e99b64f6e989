import AsyncHTTPClient
import Foundation
import HoldfastCore
import NIOCore
import NIOHTTP1
import Testing

@testable import SimulatedClouds

@Suite("A simulated cloud's connections")
struct CloudServerTests {
    /// Runs a body while the server answers, and ends the server with it.
    private func serving(
        faults: String = "", _ body: (_ url: String) async throws -> Void
    ) async throws {
        let cloud = try CloudUnderTest(faults: #"{"faults":[\#(faults)]}"#)
        try await withServer(cloud.desk, body)
    }

    private func request(_ url: String, _ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url + path)
        request.headers.add(
            name: "authorization", value: "Bearer dop_v1_simulated_full_access")
        return request
    }

    private func get(_ url: String, _ path: String) async throws -> (HTTPClientResponse, [UInt8]) {
        let response = try await HTTPClient.shared.execute(
            request(url, path), timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 64 << 20)
        return (response, Array(body.readableBytesView))
    }

    @Test("Requests are answered over HTTP, with links to the same address")
    func answers() async throws {
        try await serving { url in
            let (response, body) = try await get(url, "/v2/droplets?per_page=2")
            #expect(response.status == .ok)
            #expect(response.headers.first(name: "date") == "Sat, 28 Mar 2026 12:00:00 GMT")
            #expect(response.headers.first(name: "content-length") == String(body.count))
            let json = JSON.reading(body)
            #expect(
                json?["links"]?["pages"]?["next"]?.text
                    == url + "/v2/droplets?page=2&per_page=2")
            var deletion = request(url, "/v2/images/999")
            deletion.method = .DELETE
            let refused = try await HTTPClient.shared.execute(deletion, timeout: .seconds(30))
            #expect(refused.status == .notFound)
        }
    }

    @Test(
        "A fault on the connection is an error of the transport, and the next request is answered",
        arguments: ["cut_before", "cut_after", "truncate"])
    func broken(fault: String) async throws {
        // The client may repeat what was cut, so every request for that path fails.
        let faults = #"{"fault":"\#(fault)","path":"/v2/droplets","every":1}"#
        try await serving(faults: faults) { url in
            await #expect(throws: (any Error).self) {
                _ = try await get(url, "/v2/droplets")
            }
            let (next, _) = try await get(url, "/v2/account")
            #expect(next.status == .ok)
        }
    }

    @Test("A huge body is as long as it says")
    func huge() async throws {
        try await serving(faults: #"{"fault":"huge_body","bytes":20000000}"#) { url in
            let (_, body) = try await get(url, "/v2/account")
            #expect(body.count > 20_000_000)
            #expect(JSON.reading(body)?["account"] != nil)
        }
    }

    @Test("An address that is taken is told")
    func taken() async throws {
        try await serving { url in
            let address = try LoopbackAddress(String(url.dropFirst("http://".count)))
            let cloud = try CloudUnderTest()
            let second = CloudServer(cloud.desk, at: address) { _ in }
            await #expect(throws: CloudServerError.self) { try await second.run() }
        }
    }

    @Test(
        "Only loopback is listened on",
        arguments: [
            ("127.0.0.1:0", "127.0.0.1"), ("127.8.9.10:80", "127.8.9.10"), ("[::1]:1", "::1"),
            ("localhost:65535", "127.0.0.1"), ("0.0.0.0:80", nil), ("10.0.0.1:80", nil),
            ("example.com:80", nil), ("127.0.0.1", nil), ("127.0.0.1:65536", nil),
            ("127.0.0.256:1", nil), ("127.1:1", nil), (":80", nil), ("[::]:80", nil),
        ])
    func loopback(text: String, host: String?) {
        let address = try? LoopbackAddress(text)
        #expect(address?.host == host)
    }

    @Test(
        "An estate that is not understood is refused",
        arguments: ["", "droplets", "droplets=-1", "droplets=x", "boxes=1", "droplets=1,"])
    func estate(text: String) {
        #expect(throws: InvalidEstate.self) { try DigitalOceanEstate(text) }
    }
}
