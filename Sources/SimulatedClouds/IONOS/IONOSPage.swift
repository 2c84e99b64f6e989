/// Which part of a list is asked for, and how the next one is found.
struct IONOSPage {
    private let offset: Int
    private let limit: Int
    private let call: IONOSCall

    private static let limitMax: Int64 = 10_000
    private static let limitDefault: Int64 = 1000

    init(of call: IONOSCall) throws(IONOSRefusal) {
        offset = Int(try call.number("offset", in: 0...Int64(Int32.max)) ?? 0)
        limit = Int(try call.number("limit", in: 1...Self.limitMax) ?? Self.limitDefault)
        self.call = call
    }

    /// The part of a list. When pages are to be endless, the first one follows the last.
    func part<Row>(of rows: [Row]) -> ArraySlice<Row> {
        let isBeyond = offset >= rows.count
        let start = isBeyond ? (call.request.orders.pagesAreEndless ? 0 : rows.count) : offset
        return rows[start..<min(start + limit, rows.count)]
    }

    /// What a paged list has besides its items.
    func members(total: Int) -> [(name: String, value: JSON)] {
        var links: [(name: String, value: JSON)] = []
        if offset > 0 { links.append(("prev", url(max(0, offset - limit)))) }
        links.append(("self", url(offset)))
        if call.request.orders.pagesAreEndless {
            links.append(("next", url(offset)))
        } else if offset + limit < total {
            links.append(("next", url(offset + limit)))
        }
        return [
            ("offset", .number(Int64(offset))), ("limit", .number(Int64(limit))),
            ("_links", .object(links)),
        ]
    }

    private func url(_ offset: Int) -> JSON {
        let others = call.request.query.split(separator: "&").filter {
            !$0.hasPrefix("offset=") && !$0.hasPrefix("limit=")
        }
        let query = (others.map(String.init) + ["offset=\(offset)", "limit=\(limit)"])
            .joined(separator: "&")
        let path = call.request.path.dropFirst(IONOSOperation.basePath.count)
        return .text("\(call.base)\(path)?\(query)")
    }
}
