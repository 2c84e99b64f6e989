import ArgumentParser
import HoldfastControl
import HoldfastCore

struct WindowsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "windows", abstract: "Work out when windows open, without a daemon.",
        discussion: """
            Give a plan here, or --policy NAME to take one from the configuration. Instants are \
            RFC 3339; --from gives the first window that opens at or after it.
            """)

    @OptionGroup var configuration: ConfigurationOption
    @OptionGroup var json: JSONFlag
    @OptionGroup var schedule: ScheduleOptions
    @Option(help: ArgumentHelp("A policy of the configuration.", valueName: "name"))
    var policy: String?
    @Option(
        help: ArgumentHelp("The first instant to look at; default now.", valueName: "instant"),
        transform: InstantArgument.parse)
    var from: Timestamp?
    @Option(help: ArgumentHelp("How many windows.", valueName: "count"))
    var count = 10

    func validate() throws {
        guard (1...1_000_000).contains(count) else {
            throw ValidationError("--count is a number from 1 to 1000000")
        }
        guard (policy == nil) != (schedule.plan == nil) else {
            throw ValidationError("give either --plan or --policy")
        }
    }

    func run() async throws {
        try await performing {
            let start = from ?? SystemWallClock().now
            let schedule = try chosenSchedule(from: start)
            var windows: [Window] = []
            var next = schedule.nextWindow(atOrAfter: start)
            for _ in 0..<count {
                windows.append(next)
                next = schedule.nextWindow(after: next.opens)
            }
            if json.isOn { return try Output.json(windows.map(WindowWire.init)) }
            var table = Table(["OPENS", "CLOSES", "LOCAL TIME (\(schedule.zone.name))"])
            for window in windows {
                table.add([
                    window.opens.rfc3339, window.closes.rfc3339,
                    Show.local(window.opens, in: schedule.zone),
                ])
            }
            table.print(ifEmpty: "")
        }
    }

    private func chosenSchedule(from start: Timestamp) throws -> Schedule {
        guard let policy else { return try schedule.schedule(from: start) }
        let declared = try configuration.load()
        guard let found = declared.policies.values.first(where: { $0.id.text == policy }) else {
            throw CommandFailure(.failed, PolicyLookup.refusal(of: policy, in: declared))
        }
        return found.schedule
    }
}

/// A schedule on the command line, in the configuration's words.
struct ScheduleOptions: ParsableArguments {
    @Option(help: "hourly, daily, weekly or monthly.")
    var plan: String?
    @Option(help: ArgumentHelp("The local time of the opening.", valueName: "HH:MM"))
    var at: String?
    @Option(help: ArgumentHelp("The local hour of the opening, 0 to 23.", valueName: "hour"))
    var hour: Int?
    @Option(help: ArgumentHelp("MON to SUN, several with commas.", valueName: "days"))
    var weekday: String?
    @Option(help: ArgumentHelp("1 to 31 or last, several with commas.", valueName: "days"))
    var day: String?
    @Option(help: ArgumentHelp("For hourly: 1h, 2h, 3h, 4h, 6h, 8h, 12h, 24h.", valueName: "hours"))
    var every: String?
    @Option(help: ArgumentHelp("How long a window stays open.", valueName: "duration"))
    var window = "4h"
    @Option(help: ArgumentHelp("The zone whose clock counts.", valueName: "zone"))
    var timezone = "UTC"

    func schedule(from start: Timestamp) throws -> Schedule {
        guard let length = DurationText.parse(window), length > .zero else {
            throw ValidationError("--window is \(DurationText.hint)")
        }
        let plan = try chosenPlan()
        let opensAt = try openingTime()
        if case .hourly(let hours) = plan, opensAt.minuteOfDay >= hours * 60 {
            throw ValidationError("--at \(opensAt) lies after the first \(hours)h of the day")
        }
        let schedule = Schedule(
            plan: plan, opensAt: opensAt, length: length, zone: try ZoneArgument.rules(timezone))
        let shortest = schedule.shortestPeriod(from: start)
        guard length <= shortest.period else {
            throw ValidationError(
                "--window \(window) is longer than the "
                    + "\(DurationText.exact(shortest.period)) from the opening at "
                    + "\(shortest.opens) to the next")
        }
        return schedule
    }

    private func openingTime() throws -> LocalTime {
        guard at == nil || hour == nil else {
            throw ValidationError("give --at or --hour, not both")
        }
        if let at {
            guard let time = LocalTime(at) else {
                throw ValidationError("--at is a time of day such as 02:30")
            }
            return time
        }
        guard let time = LocalTime(hour: hour ?? 0, minute: 0) else {
            throw ValidationError("--hour is a number from 0 to 23")
        }
        return time
    }

    private func chosenPlan() throws -> Plan {
        switch plan {
        case "daily":
            try refuse([("--weekday", weekday), ("--day", day), ("--every", every)])
            return .daily
        case "weekly":
            try refuse([("--day", day), ("--every", every)])
            return .weekly(try weekdays())
        case "monthly":
            try refuse([("--weekday", weekday), ("--every", every)])
            return .monthly(try monthDays())
        case "hourly":
            try refuse([
                ("--weekday", weekday), ("--day", day), ("--hour", hour.map(String.init)),
            ])
            return .hourly(every: try hours())
        default: throw ValidationError("--plan is hourly, daily, weekly or monthly")
        }
    }

    private func refuse(_ options: [(String, String?)]) throws {
        for (name, value) in options where value != nil {
            throw ValidationError("\(name) does not go with --plan \(plan ?? "")")
        }
    }

    private func weekdays() throws -> Set<Weekday> {
        let found = (weekday ?? "").split(separator: ",").map { Weekday(rawValue: String($0)) }
        let days = Set(found.compactMap { $0 })
        guard !days.isEmpty, !found.contains(nil) else {
            throw ValidationError("--plan weekly needs --weekday MON to SUN, several with commas")
        }
        return days
    }

    private func monthDays() throws -> MonthDays {
        let parts = (day ?? "").split(separator: ",")
        let numbers = parts.filter { $0 != "last" }.map { Int($0) }
        let isGood = numbers.allSatisfy { $0.map { (1...31).contains($0) } ?? false }
        guard !parts.isEmpty, isGood else {
            throw ValidationError(
                "--plan monthly needs --day 1 to 31 or last, several with commas")
        }
        return MonthDays(days: numbers.compactMap { $0 }, includesLast: parts.contains("last"))
    }

    private func hours() throws -> Int {
        let text = every ?? "1h"
        let hours = DurationText.parse(text).map { $0.wholeSeconds / 3600 } ?? 0
        let isWhole = DurationText.parse(text).map { $0.wholeSeconds % 3600 == 0 } ?? false
        guard isWhole, (1...24).contains(hours), 24 % hours == 0 else {
            throw ValidationError("--every is 1h, 2h, 3h, 4h, 6h, 8h, 12h or 24h")
        }
        return Int(hours)
    }
}

/// The words for a policy that is not declared.
enum PolicyLookup {
    static func refusal(of name: String, in configuration: Configuration) -> String {
        let known = configuration.policies.keys.sorted().map(\.text)
        return "no policy is named '\(name)'" + Suggestion.clause(for: name, among: known)
    }
}
