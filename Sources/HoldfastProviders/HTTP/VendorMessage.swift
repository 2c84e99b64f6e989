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
}
