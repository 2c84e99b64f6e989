import HoldfastCore
import HoldfastTesting
import Testing

@Suite("Deletion properties")
struct DeletionPropertyTests {
    /// A random record, listing and policy; most things are in order, so that much is permitted.
    private struct Scene {
        var drafts: [PointDraft] = []
        let settings: RetentionSettings
        let zone: TimeZoneRules
        let now = Timestamp(seconds: 1_780_000_000)
        let clock: ClockVerdict
        let isComplete: Bool
        let providerClock: Timestamp?
        var listed: [RemotePoint]

        init(seed: UInt64) throws {
            var rng = SeededGenerator(seed: seed)
            zone = try ZoneFiles.rules("Europe/Berlin")
            let step = rng.pick([3600, 6 * 3600, 86_400])
            for number in 0..<rng.number(in: 0...40) {
                let age = number * step + rng.number(in: -step...step)
                var draft = PointDraft(
                    Int64(rng.oneIn(2) ? 1000 - number : 2000 + number),
                    takenAt: now - .seconds(age))
                if rng.oneIn(12) { draft.isPinned = true }
                if rng.oneIn(6) { draft.verifiedAt = now - .hours(1) }
                if rng.oneIn(15) { draft.state = rng.pick([.deleted, .missing]) }
                if rng.oneIn(20) { draft.takenAt = now + .hours(rng.number(in: 1...50)) }
                if !rng.oneIn(4) {
                    draft.mark = Points.mark(at: now - .hours(rng.number(in: 0...90)))
                }
                drafts.append(draft)
            }
            var settings = RetentionSettings(
                rules: rng.oneIn(10) ? KeepRules() : RetentionCases.rules(using: &rng),
                minimum: rng.number(in: 1...4), minAge: .hours(rng.number(in: 0...30)))
            if rng.oneIn(2) {
                settings.rules = KeepRules()
                settings.rules.daily = .periods(rng.number(in: 1...9))
            }
            settings.guardPercent = rng.pick([0, 20, 50, 100])
            self.settings = settings
            clock = rng.oneIn(12) ? .doubtful("it jumped") : .sane
            isComplete = !rng.oneIn(12)
            providerClock = rng.oneIn(4) ? now + .seconds(rng.number(in: -150...150)) : nil
            let unlisted = rng.pick([1000, 1000, 12, 3])
            listed = []
            for point in drafts.map(\.point) where point.state == .available {
                if rng.oneIn(unlisted) { continue }
                listed.append(
                    rng.oneIn(40)
                        ? Points.remote(
                            point.id.number, takenAt: point.remote.takenAt, remoteID: "other")
                        : point.remote)
            }
            listed.shuffle(using: &rng)
        }

        var recorded: [RecoveryPoint] { drafts.map(\.point) }

        var reviews: [PointReview] {
            retentionReview(of: recorded, under: settings, in: zone, now: now)
        }

        /// What the review lets go, in its order.
        var letGo: [RecoveryPoint] { reviews.filter { !$0.isKept }.map(\.point) }

        func context(letGo: [RecoveryPoint]) -> DeletionContext {
            DeletionContext(
                provider: ProviderID(trusted: "disk"), recorded: recorded,
                listing: PointListing(
                    points: listed, isComplete: isComplete, providerClock: providerClock),
                settings: settings, zone: zone,
                providerLoad: PruneLoad(
                    excess: 0, total: drafts.count),
                clock: clock, now: now)
        }

        /// What the kernel permits of what the review lets go.
        var permitted: [RecoveryPoint] {
            let letGo = self.letGo
            return deletionVerdicts(for: letGo, in: context(letGo: letGo)).compactMap {
                if case .permitted(let permission) = $0 { permission.point } else { nil }
            }
        }
    }

    /// Seeds a test runs through in one go, each named in its expectation.
    private static let seeds = UInt64(1)...3000

    @Test("Nothing is permitted that a rule, a floor, a pin or a doubt keeps")
    func nothingKeptGoes() throws {
        var permittedCount = 0
        for seed in Self.seeds {
            let scene = try Scene(seed: seed)
            let permitted = scene.permitted
            permittedCount += permitted.count
            guard !permitted.isEmpty else { continue }
            #expect(problems(scene, permitted) == [], "seed \(seed)")
        }
        // The scenes would prove nothing if nothing were ever permitted.
        #expect(permittedCount > 2000)
    }

    /// Everything that is wrong with deleting these points, worked out from the scene alone.
    private func problems(_ scene: Scene, _ permitted: [RecoveryPoint]) -> [String] {
        var found: [String] = []
        let gone = Set(permitted.map(\.id))
        let good = scene.recorded
            .filter {
                $0.state == .available && !$0.isPinned(at: scene.now)
                    && $0.remote.takenAt <= scene.now
            }
            .sorted { ($0.remote.takenAt, $0.id) > ($1.remote.takenAt, $1.id) }
        let listedTokens = Dictionary(
            scene.listed.map { ($0.token, $0.remoteID) }, uniquingKeysWith: { first, _ in first })
        let present = good.filter { listedTokens[$0.remote.token] == $0.remote.remoteID }
        if scene.clock != .sane { found.append("the clock is doubtful") }
        if !scene.isComplete { found.append("the listing was not complete") }
        if let theirs = scene.providerClock {
            let difference = (theirs - scene.now).wholeSeconds
            if abs(difference) > 120 { found.append("the provider's clock differs") }
        }
        for point in permitted {
            if point.isPinned(at: scene.now) { found.append("\(point.id) is pinned") }
            if point.remote.takenAt > scene.now { found.append("\(point.id) is from the future") }
            if point.state != .available { found.append("\(point.id) is \(point.state)") }
            if scene.now - point.remote.takenAt < scene.settings.minAge {
                found.append("\(point.id) is too young")
            }
            if (point.mark?.deleteAfter ?? .distantFuture) > scene.now {
                found.append("\(point.id) has grace")
            }
            let known = listedTokens[point.remote.token] ?? point.remote.remoteID
            if known != point.remote.remoteID { found.append("\(point.id) is not ours") }
        }
        for (name, points) in [("record", good), ("listing", present)] {
            let stays = points.filter { !gone.contains($0.id) }
            if stays.first != points.first { found.append("the newest of the \(name) goes") }
            let verified = { (point: RecoveryPoint) in point.verifiedAt != nil }
            if stays.first(where: verified) != points.first(where: verified) {
                found.append("the newest verified of the \(name) goes")
            }
            if stays.count < min(scene.settings.minimum, points.count) {
                found.append("fewer than the minimum of the \(name) stay")
            }
        }
        let oracle = RetentionOracle(
            zone: scene.zone, rules: scene.settings.rules, now: scene.now)
        let points = good.map {
            RetentionPoint(id: String(10_000 + $0.id.number), takenAt: $0.remote.takenAt)
        }
        for point in oracle.kept(of: points).keys
        where gone.contains(where: { String(10_000 + $0.number) == point.id }) {
            found.append("a rule keeps \(point.id)")
        }
        let available = scene.recorded.filter { $0.state == .available }
        let oldestMark = permitted.compactMap(\.mark?.at).min() ?? scene.now
        let newestMark = permitted.compactMap(\.mark?.at).max() ?? scene.now
        let replaced = available.filter {
            $0.recordedAt > oldestMark - .hours(1) && $0.recordedAt <= newestMark
        }.count
        let excess = permitted.count - replaced
        if excess > 5, excess * 100 > available.count * scene.settings.guardPercent {
            found.append("\(excess) of \(available.count) are too many at once")
        }
        return found
    }

    @Test("Pruning twice permits nothing that pruning once did not")
    func twice() throws {
        for seed in Self.seeds {
            var scene = try Scene(seed: seed)
            let gone = scene.permitted
            guard !gone.isEmpty else { continue }
            scene.drafts = scene.drafts.map { draft in
                var draft = draft
                if gone.contains(where: { $0.id.number == draft.number }) { draft.state = .deleted }
                return draft
            }
            let tokens = Set(gone.map(\.remote.token))
            scene.listed.removeAll { tokens.contains($0.token) }
            let again = scene.permitted.map(\.id)
            #expect(again.isEmpty, "seed \(seed)")
        }
    }

    @Test("The answer for a point does not depend on the order that is asked in")
    func order() throws {
        for seed in UInt64(1)...500 {
            let scene = try Scene(seed: seed)
            let points = scene.letGo
            let context = scene.context(letGo: points)
            let forward = deletionVerdicts(for: points, in: context)
            let backward = deletionVerdicts(for: points.reversed(), in: context)
            #expect(forward == backward.reversed(), "seed \(seed)")
        }
    }

    @Test("Every available point is reviewed once, newest first")
    func reviews() throws {
        for seed in UInt64(1)...500 {
            let scene = try Scene(seed: seed)
            let available = scene.recorded.filter { $0.state == .available }
            let reviewed = scene.reviews.map(\.point)
            let expected = available.sorted {
                ($0.remote.takenAt, $0.id) > ($1.remote.takenAt, $1.id)
            }
            #expect(reviewed == expected, "seed \(seed)")
        }
    }
}
