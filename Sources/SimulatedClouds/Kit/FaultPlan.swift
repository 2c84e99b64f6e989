/// Faults on order, with how often each was met: `{"faults": [FAULT, …]}`; see `Fault`.
///
/// Every fault counts its own matching requests. When several hit the same request, their deeds are
/// joined; of those that decide what is answered, the first one counts.
public struct FaultPlan: Sendable {
    private struct Entry: Sendable {
        let fault: Fault
        var matched = 0
        var hit = 0
    }

    /// More than this is no plan.
    private static let faultMax = 1000

    private var entries: [Entry] = []

    /// Nothing goes wrong.
    public init() {}

    /// Reads a plan.
    ///
    /// - Throws: `InvalidFaultPlan`, with the place in the file.
    public init(json bytes: [UInt8]) throws(InvalidFaultPlan) {
        guard let json = JSON.reading(bytes), let items = json["faults"]?.items else {
            throw InvalidFaultPlan(
                description: "a fault plan is JSON such as "
                    + #"{"faults": [{"fault": "lost_reply", "method": "POST"}]}"#)
        }
        guard items.count <= Self.faultMax else {
            throw InvalidFaultPlan(
                description: "faults has \(items.count) items; at most \(Self.faultMax) are taken")
        }
        for (index, item) in items.enumerated() {
            entries.append(Entry(fault: try FaultReader(item, at: "faults[\(index)]").fault()))
        }
    }

    /// Counts a request, and tells what is to go wrong with it, in the order of the plan.
    public mutating func deeds(for request: CloudRequest) -> [Fault.Deed] {
        var deeds: [Fault.Deed] = []
        for index in entries.indices where entries[index].fault.matches(request) {
            let fault = entries[index].fault
            entries[index].matched += 1
            let place = entries[index].matched - fault.skip
            let isDue = place > 0 && place % fault.every == 0
            let hasLeft = fault.count.map { entries[index].hit < $0 } ?? true
            guard isDue, hasLeft else { continue }
            entries[index].hit += 1
            deeds.append(fault.deed)
        }
        return deeds
    }

    /// The plan with its counts: of requests that matched, and of those that were hit.
    var json: JSON {
        [
            "faults": .list(
                entries.map { entry in
                    guard case .object(let members) = entry.fault.source else { return .null }
                    return .object(
                        members + [
                            ("matched", .number(Int64(entry.matched))),
                            ("hit", .number(Int64(entry.hit))),
                        ])
                })
        ]
    }
}
