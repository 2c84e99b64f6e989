import Foundation
import HoldfastCore

/// One request to a vendor.
struct VendorRequest: Sendable {
    enum Method: String, Sendable {
        case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
    }

    let method: Method
    /// Below the endpoint, with its query; begins with `/`.
    let path: String
    /// What is sent along, where there is a body.
    var body: Data?
    /// What the body is.
    var contentType = "application/json"
    /// Besides those that every request has; no secrets, which `authorization` is for.
    var headers: [(name: String, value: String)] = []
    /// Whether sending it twice does no harm, whatever became of the first.
    var isRepeatable: Bool
    /// Longer than this and the answer is given up.
    var timeout = Duration.seconds(60)

    init(_ method: Method, _ path: String, body: Data? = nil) {
        self.method = method
        self.path = path
        self.body = body
        isRepeatable = method != .post
    }

    /// A body of JSON, its members in order.
    static func json(_ value: some Encodable) throws(ProviderError) -> Data {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return try encoder.encode(value)
        } catch {
            throw ProviderError(.permanent, "the request can't be written: \(error)")
        }
    }
}

/// A link in a vendor's answer. Only numbers are taken over from it, so that no secret follows it
/// elsewhere.
enum VendorLink {
    /// The number that its query has under a name, such as `page`; `nil` when there is none.
    static func number(_ name: String, in link: String) -> Int? {
        guard let query = link.split(separator: "?", maxSplits: 1).dropFirst().first else {
            return nil
        }
        let pair = query.split(separator: "&").first { $0.hasPrefix(name + "=") }
        return pair.flatMap { Int($0.dropFirst(name.count + 1)) }
    }
}

/// A vendor's answer, whatever its status.
struct VendorReply: Sendable {
    let status: Int
    /// By name in lower case; of several with one name the last.
    let headers: [String: String]
    let body: Data
    /// What the vendor calls this exchange, for its support.
    let requestID: String?
    /// The vendor's clock.
    let date: Timestamp?

    /// What the history keeps of it: `status 204, request 9f3c`.
    var words: String { "status \(status)" + (requestID.map { ", request \($0)" } ?? "") }
}
