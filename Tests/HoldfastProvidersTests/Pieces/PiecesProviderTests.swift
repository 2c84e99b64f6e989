import HoldfastCore
import SimulatedClouds
import Synchronization
import Testing

@testable import HoldfastProviders

@Suite("Backups of Pieces OS")
struct PiecesProviderTests {
    @Test(
        "A streamed creation is read in every framing, with its progress",
        arguments: PiecesSettings.Framing.allCases, [false, true])
    func framings(framing: PiecesSettings.Framing, names: Bool) async throws {
        try await PiecesBench.run { settings in
            settings.framing = framing
            settings.progressObjects = 4
            settings.progressNamesBackup = names
        } _: { bench in
            let seen = Mutex<[TransferProgress]>([])
            let progress = try await bench.provider.start(
                PiecesBench.request { report in seen.withLock { $0.append(report) } })
            guard case .finished(let point) = progress else {
                Issue.record("not finished: \(progress)")
                return
            }
            #expect(point.token == PiecesBench.token())
            #expect(point.remoteID == "12.4.1_1774699200")
            #expect(point.takenAt == Bench.noon)
            #expect(point.storedBytes == ByteCount(48 << 20))
            #expect(point.warnings.isEmpty)
            let reports = seen.withLock { $0 }
            #expect(reports.map(\.percent) == [0, 25, 50, 75, 100])
            // The size is only known once the backup is named.
            #expect(reports[1].bytes == (names ? ByteCount(12 << 20) : nil))
            #expect(reports[4].bytes == ByteCount(48 << 20))
        }
    }

    @Test(
        "Where the stream is not offered, the plain creation is used", arguments: [404, 405, 501])
    func fallback(status: Int) async throws {
        let fault =
            #"{"fault": "status", "status": \#(status), "path": "*/streamed", "body": "text"}"#
        try await PiecesBench.run(faults: [fault]) { bench in
            let point = try await bench.backUp()
            #expect(point.remoteID == "12.4.1_1774699200")
            let count = await bench.desk.requestCount(of: "POST /backups/create", status: 200)
            #expect(count == 1)
        }
    }

    @Test("A backup that Pieces OS gives up is a failure that may be tried again at once")
    func failed() async throws {
        try await PiecesBench.run(faults: [#"{"fault": "action_errored"}"#]) { bench in
            let error = await providerFailure { _ = try await bench.backUp() }
            #expect(error?.kind == .transient)
            #expect(error?.message.contains("FAILED") == true)
            _ = try await bench.backUp()
            let listing = try await bench.list()
            #expect(listing.strangers.count == 4)
        }
    }

    @Test(
        "A refusal says what to do",
        arguments: [
            (511, ProviderError.Kind.authentication, "sign in to Pieces"),
            (505, .permanent, "update Pieces OS"),
            (500, .ambiguous, "may have been done"),
        ])
    func refusals(status: Int, kind: ProviderError.Kind, words: String) async throws {
        try await PiecesBench.run { settings in
            settings.signedIn = status != 511
            settings.needsUpdate = status == 505
            settings.cloudHealth = status == 500 ? .down : .well
        } _: { bench in
            let error = await providerFailure { _ = try await bench.backUp() }
            #expect(error?.kind == kind)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
            // A question may be repeated; it is an error, never an empty list.
            let list = await providerFailure { _ = try await bench.list() }
            #expect(list?.kind == (status == 500 ? .transient : kind))
            await bench.cloud.adjust {
                $0.signedIn = true
                $0.needsUpdate = false
                $0.cloudHealth = .well
            }
            let found = try await bench.find()
            #expect(found == nil)
            _ = try await bench.backUp()
        }
    }

    @Test("The list has recorded points, strangers of this device, and nothing of others")
    func list() async throws {
        try await PiecesBench.run { bench in
            let point = try await bench.backUp()
            let listing = try await bench.list([point])
            #expect(listing.points == [point])
            #expect(listing.isComplete && listing.providerClock == Bench.noon)
            #expect(listing.strangers.count == 3)
            #expect(listing.strangers.allSatisfy { $0.name.hasPrefix("workstation 12.") })
            #expect(listing.strangers.allSatisfy { $0.origin == .foreign })
            let other = try await bench.list([], device: "Müllers MacBook")
            #expect(other.strangers.count == 2 && other.points.isEmpty)
            let nobody = try await bench.list([], device: "workstatio")
            #expect(nobody.strangers.isEmpty)
        }
    }

    @Test("What a lost answer left is inferred: this device, after the intent, not recorded")
    func inferred() async throws {
        try await PiecesBench.run { bench in
            let first = try await bench.backUp()
            bench.clock.advance(by: .hours(24))
            try await bench.order(#"{"fault": "cut_after", "method": "POST"}"#)
            let error = await providerFailure { _ = try await bench.backUp(1) }
            #expect(error?.kind == .ambiguous)
            let since = bench.clock.now + .milliseconds(700)
            let found = try #require(
                try await bench.find(1, since: since, recorded: [first]))
            #expect(found.remoteID == "12.4.1_1774785600")
            #expect(found.token == PiecesBench.token(1))
            #expect(found.warnings.count == 1 && found.warnings[0].contains("inferred"))
            // Recorded now, it is no longer anybody else's.
            bench.clock.advance(by: .hours(1))
            let third = try await bench.find(2, since: since, recorded: [first, found])
            #expect(third == nil)
        }
    }

    @Test("Nobody else's backup is taken for the lost one")
    func notInferred() async throws {
        try await PiecesBench.run { bench in
            let point = try await bench.backUp()
            bench.clock.advance(by: .hours(1))
            // Of this device, but before the intent; recorded; and of another device.
            let later = try await bench.find(1, since: Bench.noon + .seconds(1), recorded: [])
            #expect(later == nil)
            let recorded = try await bench.find(1, recorded: [point])
            #expect(recorded == nil)
            let laptop = try await bench.find(1, device: "laptop")
            #expect(laptop == nil)
        }
    }

    @Test("Without a declared name, recorded backups tell what Pieces OS calls this device")
    func renamed() async throws {
        try await PiecesBench.run { bench in
            let clock = bench.clock
            let provider = PiecesProvider(
                id: PiecesBench.id, candidates: [bench.url], wall: clock, hostName: "ws.lan",
                version: "test", sleep: { clock.advance(by: $0) })
            let progress = try await provider.start(PiecesBench.request())
            guard case .finished(let point) = progress else {
                Issue.record("not finished")
                return
            }
            #expect(point.warnings.count == 1)
            #expect(point.warnings[0].contains("'workstation', not 'ws.lan'"))
            let past = TargetPast(points: [point])
            let listing = try await provider.list(PiecesBench.target(), knowing: past)
            #expect(listing.points.map(\.remoteID) == [point.remoteID])
            #expect(listing.strangers.count == 3)
        }
    }

    @Test(
        "A deletion is done when the backup is gone, whatever is answered", arguments: [500, 404])
    func deletion(status: Int) async throws {
        try await PiecesBench.run(isJudged: status == 500) { settings in
            settings.unknownBackupStatus = status
        } _: { bench in
            let clock = bench.clock
            let points = Bench(
                provider: bench.provider, target: PiecesBench.target(), clock: clock, desk: nil)
            let made = try await points.backUp(2)
            let permission = try points.permission(made)
            try await bench.order(#"{"fault": "status", "status": 500, "path": "*/delete"}"#)
            let refused = await providerFailure { _ = try await bench.provider.delete(permission) }
            #expect(refused?.kind == .transient)
            #expect(try await bench.list(made).points.count == 2)
            _ = try await bench.provider.delete(permission)
            #expect(try await bench.list(made).points == [made[1]])
            _ = try await bench.provider.delete(permission)
            // An unknown end is looked into as well.
            try await bench.order(#"{"fault": "cut_before", "path": "*/delete"}"#)
            _ = try await bench.provider.delete(permission)
        }
    }

    @Test("A target of another kind is refused, and an operation of another provider unknown")
    func foreign() async throws {
        try await PiecesBench.run { bench in
            let target = Target(
                id: TargetID(trusted: "etc"), provider: PiecesBench.id,
                subject: .directory(path: "/etc", exclude: []), policies: [])
            let error = await providerFailure {
                _ = try await bench.provider.list(target, knowing: .unknown)
            }
            #expect(error?.kind == .permanent)
            let poll = await providerFailure {
                _ = try await bench.provider.poll(OperationID("1/2"))
            }
            #expect(poll?.kind == .notFound)
        }
    }

    @Test("An application that is asked for is named")
    func application() async throws {
        try await PiecesBench.run(isJudged: false) { settings in
            settings.requiresApplication = true
        } _: { bench in
            let refused = await providerFailure { _ = try await bench.list() }
            #expect(refused?.kind == .authentication)
            let clock = bench.clock
            let id = await bench.cloud.credentials["application_id"]
            let provider = PiecesProvider(
                id: PiecesBench.id,
                installation: PiecesInstallation(endpoint: bench.url, applicationID: id),
                wall: clock, hostName: PiecesBench.host, version: "test",
                sleep: { clock.advance(by: $0) })
            let listing = try await provider.list(PiecesBench.target(), knowing: .unknown)
            #expect(listing.strangers.count == 3)
        }
    }
}
