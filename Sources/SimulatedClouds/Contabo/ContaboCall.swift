import HoldfastCore

/// A request that found its operation, with what its handler reads out of it.
struct ContaboCall {
    let request: CloudRequest
    let operation: ContaboOperation
    /// What stands in the path's places, in order.
    let names: [String]
    /// Who asks.
    let user: ContaboUser
    /// The content of `x-request-id`.
    let requestId: String
    let now: Timestamp

    /// The instance's id in the path.
    func instanceId() throws(ContaboRefusal) -> Int64 {
        guard let number = Self.number(names[0]) else {
            throw .invalid("instanceId must be an integer number")
        }
        return number
    }

    /// The snapshot's id in the path.
    var snapshotId: String { names[1] }

    /// Who asks, for the audit entries.
    var author: ContaboAuthor {
        ContaboAuthor(
            user: user.id, username: user.username, requestId: requestId,
            traceId: request.header("x-trace-id") ?? "")
    }

    /// A text in the query; `nil` when it is not there or empty.
    func query(_ name: String) -> String? {
        request.queryItems.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    /// Every text of that name in the query.
    func queries(_ name: String) -> [String] {
        request.queryItems.filter { $0.name == name }.map(\.value)
    }

    /// A whole number in the query; `nil` when it is not there.
    func number(_ name: String) throws(ContaboRefusal) -> Int64? {
        guard let text = queries(name).first else { return nil }
        guard let number = Self.number(text) else {
            throw .invalid("\(name) must be an integer number")
        }
        return number
    }

    /// The first instant of a day in the query, such as `2026-03-29`; days are UTC.
    func day(_ name: String) throws(ContaboRefusal) -> Timestamp? {
        guard let text = queries(name).first else { return nil }
        guard text.utf8.count == 10, let start = Timestamp(rfc3339: text + "T00:00:00Z") else {
            throw .invalid("\(name) must be a date such as 2026-03-29")
        }
        return start
    }

    /// The numbers of a list with commas, such as `100, 101`; `nil` when it is not there.
    func numbers(_ name: String) throws(ContaboRefusal) -> Set<Int64>? {
        guard let text = query(name) else { return nil }
        var numbers: Set<Int64> = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Self.number(String(item.filter { $0 != " " })) else {
                throw .invalid("\(name) must be integer numbers with commas")
            }
            numbers.insert(number)
        }
        return numbers
    }

    /// The body as an object.
    func body() throws(ContaboRefusal) -> ContaboBody {
        let type = (request.header("content-type") ?? "").split(separator: ";").first ?? ""
        guard type.lowercased().filter({ $0 != " " }) == "application/json" else {
            throw ContaboRefusal(415, "Unsupported Media Type, send application/json")
        }
        guard let json = JSON.reading(request.body) else {
            throw ContaboRefusal(400, "The body is not valid JSON")
        }
        guard case .object = json else { throw .invalid("The body must be an object") }
        return ContaboBody(json: json)
    }

    /// Digits, after a minus at most.
    private static func number(_ text: String) -> Int64? {
        let digits = text.utf8.drop { $0 == 0x2D }
        guard text.utf8.count - digits.count <= 1,
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int64(text)
    }
}

/// An object in a request's body; members that nobody asks for are not looked at.
struct ContaboBody {
    let json: JSON

    private static let nameMax = 30
    private static let descriptionMax = 255

    /// A snapshot's name; `nil` when it is not there.
    func name() throws(ContaboRefusal) -> String? {
        guard let name = try text("name", max: Self.nameMax) else { return nil }
        let isAllowed = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20, 0x2D: true
            default: false
            }
        }
        guard isAllowed else {
            throw .invalid("name may hold letters, digits, spaces and dashes only")
        }
        return name
    }

    /// A snapshot's description; `nil` when it is not there.
    func description() throws(ContaboRefusal) -> String? {
        try text("description", max: Self.descriptionMax)
    }

    private func text(_ member: String, max: Int) throws(ContaboRefusal) -> String? {
        guard let value = json[member] else { return nil }
        guard let text = value.text else { throw .invalid("\(member) must be a string") }
        guard (1...max).contains(text.unicodeScalars.count) else {
            throw .invalid("\(member) must have 1 to \(max) characters")
        }
        return text
    }
}
