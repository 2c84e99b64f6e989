/// A request that found its operation, with what its handler reads out of it.
struct IONOSCall {
    let request: CloudRequest
    let operation: IONOSOperation
    let login: IONOSLogin
    /// What stands in the path's places, in order.
    let names: [String]

    /// A text in the query; `nil` when it is not there or empty.
    func query(_ name: String) -> String? {
        request.queryItems.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    /// A whole number in the query; `nil` when it is not there.
    func number(
        _ name: String, in range: ClosedRange<Int64>
    ) throws(IONOSRefusal) -> Int64? {
        guard let text = query(name) else { return nil }
        guard let number = Int64(text) else {
            throw .syntax("The query parameter '\(name)' must be an integer")
        }
        guard range.contains(number) else {
            throw .value(
                "query.\(name)", "must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A text in the query that is one of a few.
    func query(_ name: String, oneOf choices: [String]) throws(IONOSRefusal) -> String? {
        guard let text = query(name) else { return nil }
        guard choices.contains(text) else {
            throw .value("query.\(name)", "must be one of \(choices.joined(separator: ", "))")
        }
        return text
    }

    /// How much is told.
    func depth() throws(IONOSRefusal) -> Int64 {
        try number("depth", in: 0...10) ?? 0
    }

    /// `http://HOST/cloudapi/v6`.
    var base: String {
        "http://\(request.header("host") ?? "127.0.0.1")\(IONOSOperation.basePath)"
    }

    /// The body as an object of JSON.
    ///
    /// - Throws: 415 for another media type, 400 for what is no JSON.
    func body() throws(IONOSRefusal) -> IONOSBody {
        guard mediaType == nil || mediaType == "application/json" else { throw unsupported }
        return try jsonBody()
    }

    /// The body of a volume's two calls, by its media type; `nil` when there is none.
    func body(
        taking bodies: IONOSSettings.SnapshotBodies
    ) throws(IONOSRefusal) -> IONOSBody? {
        guard !request.body.isEmpty else { return nil }
        let (takesJSON, takesForms) = (bodies != .form, bodies != .json)
        switch mediaType {
        case "application/json" where takesJSON, nil where takesJSON:
            return try jsonBody().object("properties")
        case "application/x-www-form-urlencoded" where takesForms, nil where takesForms:
            return try formBody()
        default: throw unsupported
        }
    }

    private func jsonBody() throws(IONOSRefusal) -> IONOSBody {
        guard let json = JSON.reading(request.body) else {
            throw .syntax("The request body is not valid JSON")
        }
        return try IONOSBody(json, at: "(root)")
    }

    /// The members are texts, but a flag may be among them.
    private func formBody() throws(IONOSRefusal) -> IONOSBody {
        guard let text = String(validating: request.body, as: UTF8.self) else {
            throw .syntax("The request body is not valid UTF-8")
        }
        let members = CloudRequest("POST", "/?" + text).queryItems.map { item in
            let isFlag = item.name == "secAuthProtection" && ["true", "false"].contains(item.value)
            let value = isFlag ? JSON.flag(item.value == "true") : .text(item.value)
            return (name: item.name, value: value)
        }
        return try IONOSBody(.object(members), at: "(root)")
    }

    /// In small letters, without parameters.
    private var mediaType: String? {
        guard let type = request.header("content-type")?.split(separator: ";").first else {
            return nil
        }
        return type.lowercased().split(separator: " ").joined()
    }

    private var unsupported: IONOSRefusal {
        IONOSRefusal(415, "The media type '\(mediaType ?? "none")' is not supported here")
    }
}

/// An object in a request's body; members that nobody asks for are not looked at.
struct IONOSBody {
    private let json: JSON
    private let place: String

    init(_ json: JSON, at place: String) throws(IONOSRefusal) {
        guard case .object = json else { throw .value(place, "must be an object") }
        self.json = json
        self.place = place
    }

    /// Whether it has such a member.
    func has(_ member: String) -> Bool { json[member] != nil }

    /// A text; `nil` when it is not there.
    func text(_ member: String) throws(IONOSRefusal) -> String? {
        guard let value = json[member] else { return nil }
        guard let text = value.text else { throw refusal(member, "must be a string") }
        return text
    }

    /// A text or `null`, which are both in the outer optional; `nil` when it is not there.
    func nullableText(_ member: String) throws(IONOSRefusal) -> String?? {
        if case .null = json[member] { return .some(nil) }
        return try text(member).map { .some($0) }
    }

    /// A flag; `nil` when it is not there.
    func flag(_ member: String) throws(IONOSRefusal) -> Bool? {
        guard let value = json[member] else { return nil }
        guard case .flag(let flag) = value else { throw refusal(member, "must be a boolean") }
        return flag
    }

    /// An object; `nil` when it is not there.
    func object(_ member: String) throws(IONOSRefusal) -> IONOSBody? {
        guard let value = json[member] else { return nil }
        return try IONOSBody(value, at: "\(place).\(member)")
    }

    /// What is said of a wrong member.
    func refusal(_ member: String, _ words: String) -> IONOSRefusal {
        .value("\(place).\(member)", words)
    }

    /// The object as text, with passwords blotted out.
    var textWithoutPasswords: String {
        String(decoding: Self.blotted(json).bytes, as: UTF8.self)
    }

    private static func blotted(_ json: JSON) -> JSON {
        switch json {
        case .object(let members):
            .object(
                members.map { member in
                    let isSecret = member.name.lowercased() == "password"
                    return (member.name, isSecret ? "***" : blotted(member.value))
                })
        case .list(let items): .list(items.map(blotted))
        default: json
        }
    }
}
