import CLinux
import Foundation
import HoldfastCore

/// One figure of the table a time, so that `Benchmarks/run` can repeat and compare them.
///
/// Every result is a line `name value` with seconds, operations a second or a path.
@main
struct Bench {
    static let usage = """
        usage: holdfast-bench planning DIRECTORY
               holdfast-bench windows
               holdfast-bench queue DIRECTORY WIDTH SECONDS
               holdfast-bench retention
               holdfast-bench archive SOURCE REPOSITORY
        """

    static func main() async throws {
        mallopt(M_TRIM_THRESHOLD, 4 * 1024 * 1024)  // as the daemon has it
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("planning", 2): try await PlanningBench.run(directory: arguments[1])
        case ("windows", 1): try WindowsBench.run()
        case ("queue", 4):
            guard let width = Int(arguments[2]), let seconds = Int(arguments[3]) else { fail() }
            try await QueueBench.run(directory: arguments[1], width: width, seconds: seconds)
        case ("retention", 1): try RetentionBench.run()
        case ("archive", 3):
            try await ArchiveBench.run(source: arguments[1], repository: arguments[2])
        default: fail()
        }
    }

    private static func fail() -> Never {
        FileHandle.standardError.write(Data((usage + "\n").utf8))
        exit(64)
    }

    /// The middle one of several measurements.
    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted[sorted.count / 2]
    }

    /// Prints a result.
    static func report(_ name: String, _ value: Double) {
        print(name, value)
    }

    /// How long something takes, in seconds.
    static func seconds(_ work: () throws -> Void) rethrows -> Double {
        let beginning = ContinuousClock.now
        try work()
        return inSeconds(ContinuousClock.now - beginning)
    }

    static func inSeconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }

    /// The system's rules of one zone.
    static func zone(_ name: String) throws -> TimeZoneRules {
        let file = try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(name)"))
        return try TimeZoneRules(name: name, tzif: Array(file))
    }
}
