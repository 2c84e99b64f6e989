/// Why the simulated Contabo does not do something. Only the words of `slotsAreFull` are known to be
/// the vendor's.
struct ContaboRefusal: Error, Hashable, Sendable {
    /// The HTTP status, which the body repeats.
    let status: Int
    let message: String
    /// The vendor's checks of a request may tell several messages at once.
    var isOfValidation = false

    init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }

    static let unauthorized = ContaboRefusal(401, "Unauthorized")
    static let forbidden = ContaboRefusal(403, "Forbidden")
    static let tooManyRequests = ContaboRefusal(429, "Too Many Requests")
    static let isBusy = ContaboRefusal(409, "Another action is running on the instance")

    static func invalid(_ message: String) -> ContaboRefusal {
        var refusal = ContaboRefusal(400, message)
        refusal.isOfValidation = true
        return refusal
    }

    static func notFound(_ thing: String, _ id: String) -> ContaboRefusal {
        ContaboRefusal(404, "\(thing) \(id) not found")
    }

    static func slotsAreFull(_ max: Int) -> ContaboRefusal {
        ContaboRefusal(402, "Total snapshots exceed the total max limit of \(max) snapshots")
    }

    /// The vendor's error body.
    ///
    /// - Parameter listsMessages: The message of a check is a list; public sources do not tell.
    func json(listsMessages: Bool) -> JSON {
        let isList = listsMessages && isOfValidation
        return [
            "statusCode": .number(Int64(status)),
            "message": isList ? [.text(message)] : .text(message),
        ]
    }
}

/// Why no token is given, in the words of the kind of server that the vendor runs.
struct ContaboTokenRefusal: Error, Hashable, Sendable {
    let status: Int
    let error: String
    let description: String?

    init(_ status: Int, _ error: String, _ description: String? = nil) {
        self.status = status
        self.error = error
        self.description = description
    }

    static let wrongUser = ContaboTokenRefusal(401, "invalid_grant", "Invalid user credentials")
    static let wrongClient = ContaboTokenRefusal(
        401, "invalid_client", "Invalid client or Invalid client credentials")

    static func malformed(_ words: String) -> ContaboTokenRefusal {
        ContaboTokenRefusal(400, "invalid_request", words)
    }

    var json: JSON {
        var members: [(name: String, value: JSON)] = [("error", .text(error))]
        if let description { members.append(("error_description", .text(description))) }
        return .object(members)
    }
}
