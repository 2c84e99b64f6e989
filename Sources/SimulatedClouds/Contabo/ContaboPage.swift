/// Which part of a list is asked for, in which order, and how the next one is found.
struct ContaboPage {
    private let number: Int64
    private let size: Int
    private let orders: [Order]
    private let request: CloudRequest
    private let lastHasEmptyNext: Bool

    private struct Order {
        let field: String
        let isDescending: Bool
    }

    /// There is nothing on this page, nor on any after it.
    private static let numberMax: Int64 = 1 << 40
    /// More orders than this are no order.
    private static let orderMax = 10

    /// - Parameter fields: By which a list may be ordered.
    init(
        of call: ContaboCall, orderedBy fields: [String], _ settings: ContaboSettings
    ) throws(ContaboRefusal) {
        let size = try call.number("size") ?? Int64(settings.pageSizeDefault)
        guard size > 0 else { throw .invalid("size must not be less than 1") }
        guard size <= settings.pageSizeMax || settings.largePagesAreCut else {
            throw .invalid("size must not be greater than \(settings.pageSizeMax)")
        }
        number = try call.number("page") ?? 1
        guard number > 0 else { throw .invalid("page must not be less than 1") }
        self.size = Int(min(size, Int64(max(1, settings.pageSizeMax))))
        orders = try Self.orders(call.queries("orderBy"), fields)
        request = call.request
        lastHasEmptyNext = settings.lastPageHasEmptyNext
    }

    private static func orders(
        _ texts: [String], _ fields: [String]
    ) throws(ContaboRefusal) -> [Order] {
        guard texts.count <= orderMax else {
            throw .invalid("orderBy must not be given more than \(orderMax) times")
        }
        var orders: [Order] = []
        for text in texts {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let direction = parts.count == 2 ? parts[1].lowercased() : "asc"
            guard parts.count <= 2, fields.contains(String(parts.first ?? "")),
                ["asc", "desc"].contains(direction)
            else {
                throw .invalid(
                    "orderBy must be field:asc or field:desc with one of "
                        + fields.joined(separator: ", "))
            }
            orders.append(Order(field: String(parts[0]), isDescending: direction == "desc"))
        }
        return orders
    }

    /// A reply with one part of a list, the counts and the links.
    func reply<Row>(_ rows: [Row], _ json: (Row) -> JSON) -> CloudReply {
        let pages = Int64((rows.count + size - 1) / size)
        let isEndless = request.orders.pagesAreEndless
        // On order, whatever comes after the last page is the last page again.
        let shown = isEndless ? min(number, max(1, pages)) : number
        let start = Int(min((min(shown, Self.numberMax) - 1) * Int64(size), Int64(rows.count)))
        let part = start..<min(start + size, rows.count)
        let data = orders.isEmpty ? rows[part].map(json) : Array(ordered(rows.map(json))[part])
        return .json([
            "_pagination": [
                "size": .number(Int64(size)), "totalElements": .number(Int64(rows.count)),
                "totalPages": .number(isEndless ? max(pages, number) + 1 : pages),
                "page": .number(number),
            ],
            "data": .list(data),
            "_links": links(pages: pages, isEndless: isEndless),
        ])
    }

    private func ordered(_ rows: [JSON]) -> [JSON] {
        // Rows that compare equal keep their order.
        rows.enumerated().sorted { lhs, rhs in
            for order in orders {
                let isBefore = Self.isLess(lhs.element[order.field], rhs.element[order.field])
                let isAfter = Self.isLess(rhs.element[order.field], lhs.element[order.field])
                if isBefore || isAfter { return order.isDescending ? isAfter : isBefore }
            }
            return lhs.offset < rhs.offset
        }.map(\.element)
    }

    private static func isLess(_ lhs: JSON?, _ rhs: JSON?) -> Bool {
        switch (lhs, rhs) {
        case (.number(let lhs), .number(let rhs)): lhs < rhs
        case (.text(let lhs), .text(let rhs)): lhs < rhs
        default: false
        }
    }

    private func links(pages: Int64, isEndless: Bool) -> JSON {
        var links: [(name: String, value: JSON)] = [("self", link(number)), ("first", link(1))]
        if number > 1 { links.append(("previous", link(number - 1))) }
        if isEndless {
            links.append(("next", link(number)))
        } else if number < pages {
            links.append(("next", link(number + 1)))
        } else if lastHasEmptyNext {
            links.append(("next", ""))
        }
        links.append(("last", link(max(1, pages))))
        return .object(links)
    }

    /// Without the host, as the vendor writes it.
    private func link(_ page: Int64) -> JSON {
        let others = request.query.split(separator: "&").filter { !$0.hasPrefix("page=") }
        let query = (["page=\(page)"] + others.map(String.init)).joined(separator: "&")
        return .text("\(request.path)?\(query)")
    }
}
