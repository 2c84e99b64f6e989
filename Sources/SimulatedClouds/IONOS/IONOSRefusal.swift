/// Why the simulated IONOS Cloud does not do something, in the vendor's shape.
struct IONOSRefusal: Error, Hashable, Sendable {
    /// The HTTP status.
    let status: Int
    let message: String

    init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }

    static let unauthorized = IONOSRefusal(401, "Unauthorized")
    static let forbidden = IONOSRefusal(403, "Access denied")
    static let notFound = IONOSRefusal(404, "Resource does not exist")
    static let tooManyRequests = IONOSRefusal(429, "Rate limit exceeded")

    /// A value that is understood and can't be taken.
    ///
    /// - Parameter place: Such as `(root).properties.name`.
    static func value(_ place: String, _ words: String) -> IONOSRefusal {
        IONOSRefusal(422, "[\(place)] \(words)")
    }

    /// A text that is not what it should be.
    static func syntax(_ words: String) -> IONOSRefusal { IONOSRefusal(400, words) }

    /// What is said of a status that a fault ordered.
    static func ordered(_ status: Int) -> IONOSRefusal {
        switch status {
        case 401: .unauthorized
        case 403: .forbidden
        case 404: .notFound
        case 429: .tooManyRequests
        case 503: IONOSRefusal(503, "The service is under maintenance")
        default: IONOSRefusal(status, "[VDC-5-0] An unexpected error occurred")
        }
    }

    /// Only the number for wrong values is public; the others are in its style.
    private var code: String {
        switch status {
        case 401: "315"
        case 404: "309"
        case 422: "100"
        default: String(status)
        }
    }

    /// The vendor's error body.
    var reply: CloudReply {
        .json(
            [
                "httpStatus": .number(Int64(status)),
                "messages": [["errorCode": .text(code), "message": .text(message)]],
            ], status: status)
    }
}
