/// A row of a simulated vendor's state that has a name of its own.
protocol SimulatedRow: Codable, Sendable {
    associatedtype ID: Comparable & Sendable
    var id: ID { get }
}

/// Rows in the order of their ids, found by binary search. Written as a plain list.
struct SortedRows<Row: SimulatedRow>: Codable, Sendable {
    private(set) var rows: [Row] = []

    init() {}

    init(from decoder: any Decoder) throws {
        rows = try [Row](from: decoder).sorted { $0.id < $1.id }
    }

    func encode(to encoder: any Encoder) throws {
        try rows.encode(to: encoder)
    }

    var count: Int { rows.count }

    /// The row of an id; writing `nil` removes it.
    subscript(_ id: Row.ID) -> Row? {
        get {
            let index = firstIndex(notBefore: id)
            return index < rows.count && rows[index].id == id ? rows[index] : nil
        }
        set {
            let index = firstIndex(notBefore: id)
            let isThere = index < rows.count && rows[index].id == id
            switch (newValue, isThere) {
            case (let row?, true): rows[index] = row
            case (let row?, false): rows.insert(row, at: index)
            case (nil, true): rows.remove(at: index)
            case (nil, false): break
            }
        }
    }

    /// Changes a row where it lies; nothing when there is none.
    mutating func update(_ id: Row.ID, _ body: (inout Row) -> Void) {
        let index = firstIndex(notBefore: id)
        guard index < rows.count, rows[index].id == id else { return }
        body(&rows[index])
    }

    private func firstIndex(notBefore id: Row.ID) -> Int {
        // New rows mostly have the highest id yet.
        if let last = rows.last, last.id < id { return rows.count }
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
