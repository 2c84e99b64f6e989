/// A request that found its operation, with what its handler reads out of it.
struct DigitalOceanCall {
    let request: CloudRequest
    let operation: DigitalOceanOperation
    /// What stands in the path's places, in order.
    let names: [String]

    /// A number in the path; anything else names nothing that there is.
    func number(_ place: Int = 0) throws(DigitalOceanRefusal) -> Int64 {
        guard let number = Int64(names[place]) else { throw .notFound }
        return number
    }

    /// A text in the query; `nil` when it is not there or empty.
    func query(_ name: String) -> String? {
        request.queryItems.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    /// A text in the query that is one of a few.
    func query(
        _ name: String, oneOf choices: [String]
    ) throws(DigitalOceanRefusal) -> String? {
        guard let text = query(name) else { return nil }
        guard choices.contains(text) else {
            throw .unprocessable("\(name) is one of \(choices.joined(separator: ", "))")
        }
        return text
    }

    /// The body as an object.
    func body() throws(DigitalOceanRefusal) -> DigitalOceanBody {
        guard let json = JSON.reading(request.body) else {
            throw DigitalOceanRefusal(.badRequest, "Unable to parse JSON.")
        }
        return try DigitalOceanBody(json, named: "body")
    }
}

/// An object in a request's body; members that nobody asks for are not looked at.
struct DigitalOceanBody {
    private let json: JSON
    private let name: String

    init(_ json: JSON, named name: String) throws(DigitalOceanRefusal) {
        guard case .object = json else { throw .unprocessable("\(name) must be an object") }
        self.json = json
        self.name = name
    }

    /// A text; `nil` when it is not there.
    func text(_ member: String) throws(DigitalOceanRefusal) -> String? {
        guard let value = json[member] else { return nil }
        guard let text = value.text else { throw .unprocessable("\(member) must be a string") }
        return text
    }

    /// A whole number; `nil` when it is not there.
    func number(_ member: String) throws(DigitalOceanRefusal) -> Int64? {
        guard let value = json[member] else { return nil }
        guard let number = value.number else {
            throw .unprocessable("\(member) must be an integer")
        }
        return number
    }

    /// A list of texts; none when it is not there or `null`.
    func texts(_ member: String) throws(DigitalOceanRefusal) -> [String] {
        guard let value = json[member] else { return [] }
        if case .null = value { return [] }
        let texts = (value.items ?? []).compactMap(\.text)
        guard let items = value.items, items.count == texts.count else {
            throw .unprocessable("\(member) must be a list of strings")
        }
        return texts
    }

    /// An object; `nil` when it is not there.
    func object(_ member: String) throws(DigitalOceanRefusal) -> DigitalOceanBody? {
        guard let value = json[member] else { return nil }
        return try DigitalOceanBody(value, named: member)
    }
}

/// Which part of a list is asked for, and how the next one is found.
struct DigitalOceanPage {
    private let number: Int
    private let size: Int
    private let request: CloudRequest

    private static let sizeMax = 200
    private static let sizeDefault = 20
    /// There is nothing on this page, nor on any after it.
    private static let numberMax = 1 << 40

    init(of call: DigitalOceanCall) throws(DigitalOceanRefusal) {
        let size = try Self.number("per_page", in: call) ?? Self.sizeDefault
        guard size <= Self.sizeMax else {
            throw .unprocessable("per_page must be at most \(Self.sizeMax)")
        }
        self.size = size
        number = min(try Self.number("page", in: call) ?? 1, Self.numberMax)
        request = call.request
    }

    /// A positive number; the largest there is when it is larger.
    private static func number(
        _ name: String, in call: DigitalOceanCall
    ) throws(DigitalOceanRefusal) -> Int? {
        guard let text = call.query(name) else { return nil }
        let isNumber = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        let number = isNumber ? Int(text) ?? .max : 0
        guard number > 0 else { throw .unprocessable("\(name) must be a positive number") }
        return number
    }

    /// The part of a list.
    func part<Row>(of rows: [Row]) -> ArraySlice<Row> {
        let start = min((number - 1) * size, rows.count)
        return rows[start..<min(start + size, rows.count)]
    }

    /// A reply with one part of a list, the links and the total.
    func reply(_ name: String, _ items: JSON, total: Int) -> CloudReply {
        .json([name: items, "links": links(total: total), "meta": ["total": .number(Int64(total))]])
    }

    private func links(total: Int) -> JSON {
        let last = max(1, (total + size - 1) / size)
        var pages: [(name: String, value: JSON)] = []
        if number > 1 {
            pages += [("first", url(1)), ("prev", url(number - 1))]
        }
        if request.orders.pagesAreEndless {
            pages += [("next", url(number)), ("last", url(last))]
        } else if number < last {
            pages += [("next", url(number + 1)), ("last", url(last))]
        }
        return pages.isEmpty ? [:] : ["pages": .object(pages)]
    }

    private func url(_ page: Int) -> JSON {
        let others = request.query.split(separator: "&").filter {
            !$0.hasPrefix("page=") && !$0.hasPrefix("per_page=")
        }
        let query = (others.map(String.init) + ["page=\(page)", "per_page=\(size)"])
            .joined(separator: "&")
        return .text("http://\(request.header("host") ?? "127.0.0.1")\(request.path)?\(query)")
    }
}
