import ArgumentParser
import Foundation
import HoldfastCore
import Logging
import ServiceLifecycle
import SimulatedClouds
import UnixSignals

/// The vendors that can be simulated.
enum SimulatedVendor: String, ExpressibleByArgument, CaseIterable {
    case digitalocean
    case contabo
    case ionos
    case pieces
}

struct SimulatedCloudCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulated-cloud",
        abstract: "Serve an imitation of a vendor's interface, to rehearse without an account.",
        discussion: """
            Prints one line of JSON with its url and the credentials that it accepts, then serves \
            until SIGTERM or SIGINT. It listens on loopback only: everybody who reaches it may \
            use it. docs/simulated-clouds.md tells what is imitated, and what is a guess.
            """)

    @Argument(help: "The vendor.")
    var vendor: SimulatedVendor
    @Option(help: ArgumentHelp("Where to listen; port 0 picks a free one.", valueName: "address"))
    var listen = "127.0.0.1:0"
    @Option(
        help: ArgumentHelp(
            "Where the state is kept; it is read at the start and written at the end.",
            valueName: "path"))
    var state: String?
    @Option(help: ArgumentHelp("Faults on order, as JSON.", valueName: "path"))
    var faults: String?
    @Option(help: "How many times faster the clock runs.")
    var clockSpeed: Int64 = 1
    @Option(
        help: ArgumentHelp(
            "When the faster clock agrees with the machine's; by default at the start.",
            valueName: "instant"), transform: InstantArgument.parse)
    var clockFrom: Timestamp?
    @Option(
        help: ArgumentHelp(
            "What a new account holds, such as droplets=10000,volumes=200,backups=50; each vendor "
                + "has its own kinds.",
            valueName: "counts"))
    var estate: String?
    @Option(
        help: ArgumentHelp(
            "How long an action or a backup takes, on the cloud's clock; 0: no time.",
            valueName: "seconds"))
    var actionSeconds: Int64?
    @Option(
        help: ArgumentHelp(
            "How long an access token is good, on the cloud's clock (contabo).",
            valueName: "seconds"))
    var tokenSeconds: Int64?
    @Option(help: ArgumentHelp("Requests an hour; 0: without limit.", valueName: "count"))
    var rateHour: Int?
    @Option(help: ArgumentHelp("Requests a minute; 0: without limit.", valueName: "count"))
    var rateMinute: Int?
    @Option(help: ArgumentHelp("Requests at one time (ionos).", valueName: "count"))
    var rateBurst: Int?
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "A setting of the vendor's, such as framing=split; may be repeated.",
            valueName: "name=value"))
    var assignments: [String] = []

    /// So long answers under way may still take when it stops.
    private static let stopGrace = Duration.seconds(2)

    func validate() throws {
        guard (1...100_000).contains(clockSpeed) else {
            throw ValidationError("--clock-speed is a number from 1 to 100000")
        }
        guard (0...86_400).contains(actionSeconds ?? 0) else {
            throw ValidationError("--action-seconds is a number from 0 to 86400")
        }
        guard (0...1_000_000).contains(rateHour ?? 0), (0...1_000_000).contains(rateMinute ?? 0)
        else {
            throw ValidationError("--rate-hour and --rate-minute are numbers from 0 to 1000000")
        }
        guard (1...1_000_000).contains(rateBurst ?? 1) else {
            throw ValidationError("--rate-burst is a number from 1 to 1000000")
        }
        try validateRates()
        try validateTokens()
    }

    func run() async throws {
        try await performing {
            let address = try parsed { () throws(InvalidLoopbackAddress) in
                try LoopbackAddress(listen)
            }
            let clock = SimulatedClock(
                following: AcceleratedWallClock(speed: clockSpeed, beginning: clockFrom),
                speed: clockSpeed)
            let stateFile = state.map { StateFile(path: $0) }
            let cloud = try opened(clock, stateFile)
            let desk = CloudDesk(
                cloud, clock: clock, faults: try faultPlan(),
                save: stateFile.map { file in { @Sendable bytes in try file.save(bytes) } })
            let server = CloudServer(desk, at: address) { url in
                await announce(cloud, at: url)
            }
            try await serve(server)
            try await desk.saveState()
        }
    }

    private func serve(_ server: CloudServer) async throws {
        let quiet = Logger(label: "holdfast.lifecycle") { _ in SwiftLogNoOpLogHandler() }
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)
            ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        configuration.maximumGracefulShutdownDuration = Self.stopGrace
        try await ServiceGroup(configuration: configuration).run()
    }

    private func opened(
        _ clock: SimulatedClock, _ file: StateFile?
    ) throws -> any VendorCloud {
        let saved = try file?.load()
        guard saved == nil || estate == nil else {
            throw ValidationError("--estate is for a new account, but --state has one already")
        }
        do {
            return switch vendor {
            case .digitalocean: try digitalOcean(saved, clock)
            case .contabo: try contabo(saved, clock)
            case .ionos: try ionos(saved, clock)
            case .pieces: try pieces(saved, clock)
            }
        } catch let error as DecodingError {
            throw CommandFailure(
                .configuration, "\(state ?? "--state") is no saved state: \(error)")
        }
    }

    private func digitalOcean(
        _ saved: [UInt8]?, _ clock: SimulatedClock
    ) throws -> DigitalOceanCloud {
        let wanted = try estate.map { text in
            try parsed { () throws(InvalidEstate) in try DigitalOceanEstate(text) }
        }
        return try DigitalOceanCloud(savedState: saved, estate: wanted ?? .small, clock: clock) {
            [actionSeconds, rateHour, rateMinute, assignments] settings in
            settings.actionSeconds = actionSeconds ?? settings.actionSeconds
            settings.rateHour = rateHour ?? settings.rateHour
            settings.rateMinute = rateMinute ?? settings.rateMinute
            try Self.assign(assignments, to: &settings)
        }
    }

    private func faultPlan() throws -> FaultPlan {
        guard let faults else { return FaultPlan() }
        guard let bytes = FileManager.default.contents(atPath: faults) else {
            throw CommandFailure(.configuration, "\(faults) can't be read")
        }
        do {
            return try FaultPlan(json: [UInt8](bytes))
        } catch {
            throw CommandFailure(.configuration, "\(faults): \(error)", isPlaced: true)
        }
    }

    /// An argument that is not understood is wrong usage.
    func parsed<Value, Failure: Error & CustomStringConvertible>(
        _ body: () throws(Failure) -> Value
    ) throws -> Value {
        do {
            return try body()
        } catch {
            throw ValidationError(error.description)
        }
    }

    private func announce(_ cloud: any VendorCloud, at url: String) async {
        let credentials = await cloud.credentials(at: url).sorted { $0.key < $1.key }
        let line = JSON.object([
            ("credentials", .object(credentials.map { ($0.key, .text($0.value)) })),
            ("kind", .text(cloud.kind)), ("url", .text(url)),
        ])
        Output.line(String(decoding: line.bytes, as: UTF8.self))
    }
}
