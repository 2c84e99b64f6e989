import HoldfastCore

/// Shares one look at all of an account's Droplet snapshots among the Droplets that wait for theirs.
///
/// A snapshot is listed once its action has completed, so for many Droplets a few pages of the list
/// answer what would else be two requests for each. An action that ended `errored` is in no list, so
/// each is also asked for by itself now and then.
actor SnapshotCensus {
    /// What a look tells of one operation.
    enum Sight {
        case listed(DigitalOceanWire.Snapshot)
        case notYet
        /// Nothing was asked for: the operation is looked at by itself.
        case unknown
    }

    private struct Watched {
        let since: Timestamp
        var seenAt: Timestamp
        var askedAt: Timestamp
    }

    /// Those who come within this time share a look.
    private static let gathering = Duration.seconds(5)
    /// An action is asked for by itself when it was not for so long.
    private static let actionDistance = Duration.minutes(4)
    /// An operation that nobody asked about for so long is forgotten.
    private static let memory = Duration.minutes(15)

    private let client: DigitalOceanClient
    private let wall: any WallClock
    private let sleep: @Sendable (Duration) async throws -> Void
    private var watched: [OperationID: Watched] = [:]
    private var waiting: [CheckedContinuation<[String: DigitalOceanWire.Snapshot]?, Never>] = []
    private var isGathering = false
    /// How many pages the list had when it was read last.
    private var pageCount = 1

    init(
        client: DigitalOceanClient, wall: any WallClock,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.client = client
        self.wall = wall
        self.sleep = sleep
    }

    /// How many wait for the look that somebody gathers for.
    var waitingCount: Int { waiting.count }

    /// Since when an operation is asked about.
    func beginning(of operation: DigitalOceanOperation) -> Timestamp {
        watched[operation.id]?.since ?? wall.now
    }

    /// Looks for an operation's snapshot, together with all others who ask now.
    func look(for operation: DigitalOceanOperation) async -> Sight {
        let now = wall.now
        let id = operation.id
        watched = watched.filter { now - $0.value.seenAt < Self.memory }
        watched[id, default: Watched(since: now, seenAt: now, askedAt: now)].seenAt = now
        // With few who wait, or a long list, each asks for itself.
        guard watched.count > pageCount else { return .unknown }
        guard let state = watched[id], now - state.askedAt < Self.actionDistance else {
            watched[id]?.askedAt = now
            return .unknown
        }
        guard let all = await sharedList() else { return .unknown }
        guard let found = all[operation.token.text],
            found.resourceID.map({ $0.description == String(operation.droplet) }) ?? true
        else { return .notYet }
        watched[id] = nil
        return .listed(found)
    }

    /// An operation came to its end.
    func forget(_ operation: DigitalOceanOperation) {
        watched[operation.id] = nil
    }

    private func sharedList() async -> [String: DigitalOceanWire.Snapshot]? {
        if isGathering { return await withCheckedContinuation { waiting.append($0) } }
        isGathering = true
        do {
            try await sleep(Self.gathering)
        } catch {
            // The one who gathers was stopped; those who wait ask for themselves.
            answer(nil)
            return nil
        }
        let together = take()
        let list = together.count + 1 > pageCount ? await read() : nil
        for other in together { other.resume(returning: list) }
        return list
    }

    private func answer(_ list: [String: DigitalOceanWire.Snapshot]?) {
        for other in take() { other.resume(returning: list) }
    }

    private func take() -> [CheckedContinuation<[String: DigitalOceanWire.Snapshot]?, Never>] {
        defer { waiting = [] }
        isGathering = false
        return waiting
    }

    /// The whole list by name; `nil` when it could not be read.
    private func read() async -> [String: DigitalOceanWire.Snapshot]? {
        do throws(ProviderError) {
            let (snapshots, _) = try await client.all(
                DigitalOceanWire.SnapshotPage.self, "/v2/snapshots?resource_type=droplet")
            pageCount = snapshots.count / DigitalOceanClient.pageSize + 1
            return Dictionary(
                snapshots.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        } catch {
            return nil  // each asks for itself, and tells what is wrong
        }
    }
}
