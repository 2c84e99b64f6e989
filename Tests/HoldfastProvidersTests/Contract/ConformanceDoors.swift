import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// The way to a simulated cloud: straight, or through a proxy that compares every exchange with the
/// vendor's specification (`Tests/Conformance`).
enum ConformanceDoors {
    /// The address at which a cloud is asked.
    ///
    /// - Parameters:
    ///   - url: Where the cloud listens.
    ///   - kind: The vendor, as the configuration writes it.
    static func url(before url: String, kind: String) async throws -> String {
        let variable = "HOLDFAST_CONFORMANCE_DOORS_\(kind.uppercased())"
        guard let keeper = ProcessInfo.processInfo.environment[variable] else { return url }
        var request = HTTPClientRequest(url: keeper)
        request.method = .POST
        request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(["upstream": url])))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 4096)
        let answer = try JSONDecoder().decode(
            [String: String].self, from: Data(body.readableBytesView))
        guard let proxy = answer["url"] else {
            throw BenchError(words: "no door to \(kind): \(answer)")
        }
        return proxy
    }
}
