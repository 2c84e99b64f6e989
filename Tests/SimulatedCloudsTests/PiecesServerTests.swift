import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import SimulatedClouds

@Suite("Streams of the simulated Pieces OS on a connection")
struct PiecesServerTests {
    private func pieces(_ fault: String? = nil) throws -> PiecesUnderTest {
        try PiecesUnderTest(faults: fault) {
            $0.backupSeconds = 0
            $0.framing = .array
        }
    }

    private func start(_ url: String) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url + "/backups/create/streamed")
        request.method = .POST
        return try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    }

    @Test("All of it arrives, in chunks of no announced length, and the connection goes on")
    func whole() async throws {
        try await withServer(pieces().desk) { url in
            for _ in 0..<3 {
                let response = try await start(url)
                #expect(response.headers.first(name: "transfer-encoding") == "chunked")
                #expect(response.headers.first(name: "content-length") == nil)
                let body = try await response.body.collect(upTo: 1 << 20)
                let objects = JSON.reading(Array(body.readableBytesView))?.items
                #expect(objects?.count == 11)
                #expect(objects?.last?["status"]?.text == "COMPLETED")
            }
        }
    }

    @Test("A truncated stream breaks off in the middle")
    func truncated() async throws {
        try await withServer(pieces(#"{"fault":"truncate","every":1}"#).desk) { url in
            let response = try await start(url)
            var text = ""
            await #expect(throws: (any Error).self) {
                for try await part in response.body { text += String(buffer: part) }
            }
            #expect(text.contains(#""percentage":40"#) && !text.contains(#""percentage":50"#))
        }
    }

    @Test("A huge body follows a stream as well")
    func huge() async throws {
        let pieces = try pieces(#"{"fault":"huge_body","bytes":3000000}"#)
        try await withServer(pieces.desk) { url in
            let body = try await start(url).body.collect(upTo: 1 << 23)
            #expect(body.readableBytes > 3_000_000)
            #expect(JSON.reading(Array(body.readableBytesView))?.items?.count == 11)
        }
    }

    @Test("A client that goes away is noticed while nothing is sent")
    func left() async throws {
        let pieces = try PiecesUnderTest { $0.leavingCancels = true }
        try await withServer(pieces.desk) { url in
            let response = try await start(url)
            for try await _ in response.body { break }
            var ending: String?
            while ending != "left" {
                let log = try await pieces.ask("GET", "/_sim/requests")
                ending = log["requests/0/stream/ending"]?.text
                await Task.yield()
            }
            #expect(await pieces.cloud.state.ended.map(\.outcome) == [.canceled])
        }
    }
}
