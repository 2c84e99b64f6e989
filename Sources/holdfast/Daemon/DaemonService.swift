import CLinux
import Foundation
import Glibc
import HoldfastConfig
import HoldfastControl
import HoldfastCore
import HoldfastEngine
import HoldfastStore
import Logging
import ServiceLifecycle
import UnixSignals

/// What `holdfast daemon` was asked to be.
struct DaemonOptions: Sendable {
    let configurationPath: String
    let stateDirectory: String
    let socketPath: String
    let clockSpeed: Int64
    /// When the accelerated clock agrees with the machine's; `nil`: at the start.
    let clockFrom: Timestamp?
    let stopGrace: Duration
    let logLevel: Logger.Level
}

/// Builds the whole daemon and runs it to its end: the one place where every room meets.
struct DaemonService {
    let options: DaemonOptions

    private static let heapTrimThreshold: Int32 = 4 * 1024 * 1024

    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Throws: `ConfigurationErrors`, `StoreError` or `ControlServerError`.
    func run() async throws {
        // The C library gives the end of each heap back at every chance, by default from 128 KiB
        // on, and a busy writer asks for it again at once: a third of its time.
        mallopt(M_TRIM_THRESHOLD, Self.heapTrimThreshold)
        let accelerated =
            options.clockSpeed > 1
            ? AcceleratedWallClock(speed: options.clockSpeed, beginning: options.clockFrom) : nil
        let wall: any WallClock = accelerated ?? SystemWallClock()
        let logger = Logger(label: "holdfast") { [options] _ in
            ConsoleLog(level: options.logLevel, wall: wall)
        }
        let loader = InstallationLoader(
            path: options.configurationPath,
            factory: ProviderFactory(
                wall: wall, isWallSystem: accelerated == nil, speed: options.clockSpeed,
                log: { $0.write(to: logger) }),
            wall: wall)
        let installation = try loader.load()
        try makeStateDirectory()
        let lock = try DaemonLock(directory: options.stateDirectory)
        let bell = NewsBell()
        let store = try SQLiteHistory(
            path: options.stateDirectory + "/history.sqlite", onAppend: bell.ring)
        let pacer = TimerPacer(accelerated: accelerated)
        let speed = Int(max(1, options.clockSpeed))
        let context = EngineContext(
            environment: Environment(
                wall: wall,
                timeouts: speed > 1 ? AcceleratedClock(speed: speed) : ContinuousClock(),
                steady: { ClockReading.steady() * speed }, pacer: pacer,
                seed: UInt64.random(in: .min ... .max)),
            store: store, hooks: SubprocessHookRunner(), stopGrace: options.stopGrace * speed,
            version: HoldfastVersion.current, bell: bell)
        let notifier = SystemdNotifier()
        let scheduler = Scheduler(
            installation, context: context,
            newestRecord: try await store.events(PageRequest(limit: 1)).rows.first?.at,
            heartbeat: SystemdNotifier.heartbeat(notifier), logger: logger)
        try await scheduler.recover()
        for warning in installation.configuration.warnings(at: wall.now) {
            logger.warning("configuration", metadata: ["warning": "\(warning)"])
        }
        try await serve(
            scheduler, context: context, loader: loader, pacer: pacer, notifier: notifier,
            logger: logger)
        try store.close()
        withExtendedLifetime(lock) {}
        logger.notice("stopped")
    }

    private func serve(
        _ scheduler: Scheduler, context: EngineContext, loader: InstallationLoader,
        pacer: TimerPacer, notifier: SystemdNotifier, logger: Logger
    ) async throws {
        let (listening, isListening) = AsyncStream.makeStream(of: Void.self)
        let socketPath = options.socketPath
        let server = ControlServer(
            path: socketPath, surface: ControlDesk(scheduler, context: context),
            adminGroup: { await scheduler.configuration.control.adminGroup },
            logger: logger
        ) {
            isListening.finish()
        }
        let schedulerService = SchedulerService(
            scheduler: scheduler, pacer: pacer, notifier: notifier, listening: listening,
            announcement: {
                let configuration = await scheduler.configuration
                logger.notice(
                    "ready",
                    metadata: [
                        "version": "\(HoldfastVersion.current)", "socket": "\(socketPath)",
                        "policies": "\(configuration.policies.count)",
                        "targets": "\(configuration.targets.count)",
                    ])
                return "\(configuration.targets.count) targets under "
                    + "\(configuration.policies.count) policies"
            })
        let reload = ReloadService(
            scheduler: scheduler, loader: loader, notifier: notifier, logger: logger)
        let quiet = Logger(label: "holdfast.lifecycle") { _ in SwiftLogNoOpLogHandler() }
        // Stopped in the reverse order: no reload any more, then the scheduler, then the socket.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: server, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(
                        service: schedulerService,
                        successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(
                        service: reload, successTerminationBehavior: .gracefullyShutdownGroup),
                ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        try await group.run()
    }

    private func makeStateDirectory() throws(StoreError) {
        let path = options.stateDirectory
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        let code = errno
        let reason = String(cString: strerror(code))
        throw StoreError(
            code == EACCES || code == EPERM ? .permission : .io,
            "can't make the state directory \(path): \(reason); make it, or choose another one "
                + "with --state-directory")
    }
}

/// Reads the configuration and builds its providers, at start and at every reload.
struct InstallationLoader: Sendable {
    let path: String
    let factory: ProviderFactory
    let wall: any WallClock

    func load() throws(ConfigurationErrors) -> Installation {
        let loader = ConfigurationLoader(zones: SystemZoneDatabase())
        let configuration = try loader.load(path: path, now: wall.now)
        return Installation(
            configuration: configuration, providers: factory.providers(for: configuration))
    }
}

/// Runs the scheduler once the socket listens, and ends its rest when the daemon is to stop.
private struct SchedulerService: Service {
    let scheduler: Scheduler
    let pacer: TimerPacer
    let notifier: SystemdNotifier
    let listening: AsyncStream<Void>
    let announcement: @Sendable () async -> String

    func run() async throws {
        try await withGracefulShutdownHandler {
            for await _ in listening {}
            // The wait also ends when the socket could not be opened.
            try Task.checkCancellation()
            notifier.ready(await announcement())
            // What reading the configuration took is not needed any more.
            malloc_trim(0)
            try await scheduler.run()
        } onGracefulShutdown: {
            notifier.stopping()
            pacer.stop()
        }
    }
}

/// Loads the configuration anew on SIGHUP; a broken one is refused and the old one stays.
private struct ReloadService: Service {
    let scheduler: Scheduler
    let loader: InstallationLoader
    let notifier: SystemdNotifier
    let logger: Logger

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        for await _ in signals.cancelOnGracefulShutdown() {
            await reload()
        }
    }

    private func reload() async {
        notifier.reloading()
        let installation: Installation
        do {
            installation = try loader.load()
        } catch {
            for error in error.errors.prefix(20) {
                logger.error(
                    "configuration refused; the old one stays in force",
                    metadata: ["error": "\(error)"])
            }
            do {
                try await scheduler.reject("\(error)")
            } catch {
                // The refusal stands, and is in the log; only its audit event is missing.
                logger.error(
                    "the refusal can't be recorded", metadata: ["error": "\(error)"])
            }
            notifier.ready("configuration refused; the old one stays in force")
            return
        }
        await scheduler.propose(installation, by: .scheduler)
        malloc_trim(0)
        let configuration = installation.configuration
        logger.notice(
            "configuration reloaded",
            metadata: [
                "policies": "\(configuration.policies.count)",
                "targets": "\(configuration.targets.count)",
            ])
        notifier.ready(
            "\(configuration.targets.count) targets under "
                + "\(configuration.policies.count) policies")
    }
}
