import HoldfastCore

/// What was asked and answered: the last requests, and counts of all.
struct RequestLog: Sendable {
    private struct Entry: Sendable {
        let at: Timestamp
        let method: String
        let target: String
        /// `nil`: the connection was closed instead.
        let status: Int?
        /// What became of a streamed body; `nil`: the body was no stream.
        var stream: Stream?
    }

    private struct Stream: Sendable {
        var pieces: Int64 = 0
        /// `nil`: under way.
        var ending: CloudStream.Ending?

        var json: JSON {
            ["pieces": .number(pieces), "ending": .text(ending?.rawValue ?? "under way")]
        }
    }

    /// So many requests are remembered.
    static let entryMax = 10_000

    /// A ring once it is full; `next` is the oldest then.
    private var entries: [Entry] = []
    private var next = 0
    private var counts: [String: [Int: Int64]] = [:]
    private var total: Int64 = 0

    /// Remembers one request.
    ///
    /// - Parameters:
    ///   - route: With names where ids stand, so that there are few; `nil`: no such path.
    ///   - status: `nil` when the connection was closed instead.
    /// - Returns: The request's number, by which a stream is told of.
    mutating func add(
        _ request: CloudRequest, route: String?, status: Int?, at now: Timestamp
    ) -> Int64 {
        let entry = Entry(
            at: now, method: request.method, target: String(request.target.prefix(500)),
            status: status)
        if entries.count < Self.entryMax {
            entries.append(entry)
        } else {
            entries[next] = entry
            next = (next + 1) % Self.entryMax
        }
        total += 1
        let line = "\(request.method) \(route ?? "elsewhere")"
        counts[line, default: [:]][status ?? 0, default: 0] += 1
        return total - 1
    }

    /// A body is about to be streamed.
    mutating func streamBegan(_ number: Int64) {
        changeEntry(number) { $0.stream = Stream() }
    }

    /// One more piece was made.
    mutating func streamSent(_ number: Int64) {
        changeEntry(number) { $0.stream?.pieces += 1 }
    }

    /// Nothing more comes.
    mutating func streamEnded(_ number: Int64, _ ending: CloudStream.Ending) {
        changeEntry(number) { $0.stream?.ending = ending }
    }

    /// Nothing when the request has been forgotten meanwhile.
    private mutating func changeEntry(_ number: Int64, _ change: (inout Entry) -> Void) {
        guard total - number <= Int64(entries.count) else { return }
        change(&entries[Int(number % Int64(Self.entryMax))])
    }

    /// How many requests took a route with a status; `nil`: with any.
    func count(of route: String, status: Int? = nil) -> Int64 {
        let byStatus = counts[route] ?? [:]
        return status.map { byStatus[$0] ?? 0 } ?? byStatus.values.reduce(0, +)
    }

    /// Counts by route and status, then the requests, oldest first.
    var json: JSON {
        let routes = counts.sorted { $0.key < $1.key }.map { route, byStatus in
            let statuses = byStatus.sorted { $0.key < $1.key }.map { status, count in
                (name: status == 0 ? "cut" : String(status), value: JSON.number(count))
            }
            return (
                name: route,
                value: JSON.object([
                    ("count", .number(byStatus.values.reduce(0, +))),
                    ("by_status", .object(statuses)),
                ])
            )
        }
        let last = (entries[next...] + entries[..<next]).map { entry in
            JSON.object(
                [
                    ("at", .text(entry.at.rfc3339)), ("method", .text(entry.method)),
                    ("path", .text(entry.target)),
                    ("status", .optional(entry.status.map { Int64($0) })),
                ] + (entry.stream.map { [("stream", $0.json)] } ?? []))
        }
        return ["total": .number(total), "routes": .object(routes), "requests": .list(last)]
    }
}
