/// Why the simulated DigitalOcean does not do something, in the vendor's words where they are known.
struct DigitalOceanRefusal: Error, Hashable, Sendable {
    /// The vendor's kinds of error.
    enum Kind: String, Hashable, Sendable {
        case badRequest = "bad_request"
        case unauthorized
        case forbidden
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case conflict
        case unprocessable = "unprocessable_entity"
        case tooManyRequests = "too_many_requests"
        case serverError = "server_error"
    }

    let kind: Kind
    let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    static let notFound = DigitalOceanRefusal(
        .notFound, "The resource you were accessing could not be found.")
    static let pendingEvent = DigitalOceanRefusal(
        .unprocessable, "Droplet already has a pending event.")

    static func unprocessable(_ message: String) -> DigitalOceanRefusal {
        DigitalOceanRefusal(.unprocessable, message)
    }
}
