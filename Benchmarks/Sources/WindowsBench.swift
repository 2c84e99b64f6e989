import HoldfastCore

/// Walks from each opening of a daily policy to the next, over a century with clock changes.
enum WindowsBench {
    private static let rounds = 5
    private static let openings = 1_000_000

    static func run() throws {
        guard let at = LocalTime("02:30"), let begin = Timestamp(rfc3339: "2000-01-01T00:00:00Z"),
            let end = Timestamp(rfc3339: "2100-01-01T00:00:00Z")
        else { preconditionFailure("the constants are well formed") }
        let schedule = Schedule(
            plan: .daily, opensAt: at, length: .hours(4), zone: try Bench.zone("Europe/Berlin"))
        var rates: [Double] = []
        var sum: Int64 = 0
        for _ in 0..<rounds {
            let elapsed = Bench.seconds {
                var instant = begin
                for _ in 0..<openings {
                    instant = schedule.nextWindow(after: instant).opens
                    if instant >= end { instant = begin }
                    sum += instant.seconds
                }
            }
            rates.append(Double(openings) / elapsed)
        }
        Bench.report("windows.rate", Bench.median(rates))
        // The sum of all openings, to be compared with the floor's.
        print("windows.checksum", sum)
    }
}
