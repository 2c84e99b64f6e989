import HoldfastCore
import HoldfastTesting
import Testing

/// 100,000 drawn series for each property. A failure names its seed. They let other tests go on
/// beside them, some of which wait for answers.
@Suite("Properties of pruning", .serialized)
struct PrunePropertyTests {
    private static let seriesCount = 100_000
    private static let shareCount = 8
    private static let beginning = Timestamp(seconds: 1_780_000_000)

    private static func seeds(of share: Int) -> Range<UInt64> {
        let size = seriesCount / shareCount
        return UInt64(share * size)..<UInt64((share + 1) * size)
    }

    /// Up to eight points, regular or not, and rules that keep some of them.
    private static func series(
        _ rng: inout SeededGenerator, zone: TimeZoneRules, count: ClosedRange<Int> = 1...8
    ) -> PruneModel {
        let steps = [1, 5, 12, 24, 24, 60, 24 * 7, 24 * 31]
        let step = rng.pick(steps)
        var stamp = beginning
        var stamps: [Timestamp] = []
        for _ in 0..<rng.number(in: count) {
            stamps.append(stamp)
            stamp = stamp + .hours(rng.oneIn(3) ? rng.number(in: 0...rng.pick(steps)) : step)
        }
        var settings = RetentionSettings(
            rules: rules(&rng), minimum: rng.number(in: 1...3),
            minAge: .hours(rng.pick([0, 1, 30])),
            grace: .hours(rng.pick([0, 1, 24, 100])))
        settings.guardPercent = 100
        return PruneModel(stamps: stamps, settings: settings, zone: zone, now: stamp)
    }

    private static func rules(_ rng: inout SeededGenerator) -> KeepRules {
        var rules = KeepRules()
        for _ in 0..<rng.number(in: 1...2) {
            let count = KeepCount.periods(rng.number(in: 1...4))
            switch rng.number(in: 0...9) {
            case 0, 1: rules.last = count
            case 2: rules.hourly = count
            case 3, 4: rules.daily = count
            case 5: rules.weekly = count
            case 6: rules.monthly = count
            case 7: rules.yearly = count
            case 8: rules.within = CalendarSpan(days: rng.number(in: 1...40))
            default: rules.withinDaily = CalendarSpan(days: rng.number(in: 1...40))
            }
        }
        return rules
    }

    /// What goes wrong at the moment of the deletion.
    private enum Adversity: CaseIterable {
        case none, deadSource, clockAhead, clockDoubtful, pointFromTheFuture, listingCutShort
        case listingIncomplete, targetRenamed, providerRenamed, emptyListing
    }

    @Test(
        "Whatever goes wrong, and whatever is marked, nothing goes that a rule or a floor keeps",
        arguments: 0..<shareCount)
    func nothingKeptGoes(share: Int) async throws {
        let zone = try ZoneFiles.rules("Europe/Berlin")
        var permittedCount = 0
        for seed in Self.seeds(of: share) {
            if seed % 16 == 0 { await Task.yield() }
            var rng = SeededGenerator(seed: seed)
            var model = Self.series(&rng, zone: zone)
            let adversity = rng.pick(Adversity.allCases)
            Self.decorate(&model, &rng)
            if adversity == .pointFromTheFuture {
                model.record(model.now + .hours(rng.pick([1, 24, 9600])))
            }
            // The kernel must stand alone: everything is marked, rightly or not, and is due.
            for point in model.points {
                model.mark(
                    point.id,
                    PruneMark(at: point.recordedAt, deleteAfter: point.recordedAt, reason: "all"))
            }
            if adversity == .deadSource { model.now = model.now + .days(rng.number(in: 1...400)) }
            let stays = model.stays(at: model.now)
            let permitted = Self.permitted(model, adversity, &rng)
            permittedCount += permitted.count
            if !permitted.isDisjoint(with: stays) {
                #expect(
                    permitted.intersection(stays).isEmpty,
                    "seed \(seed), \(adversity), \(model.settings.rules.summary)")
            }
            let mayDelete: Set<Adversity> = [
                .none, .deadSource, .pointFromTheFuture, .listingCutShort,
            ]
            if !mayDelete.contains(adversity), !permitted.isEmpty {
                #expect(permitted.isEmpty, "seed \(seed), \(adversity)")
            }
        }
        // The series would prove nothing if nothing were ever permitted.
        #expect(permittedCount > Self.seriesCount / Self.shareCount / 10)
    }

    private static func decorate(_ model: inout PruneModel, _ rng: inout SeededGenerator) {
        let stamps = model.points.map(\.remote.takenAt)
        model.points = []
        for stamp in stamps {
            model.record(stamp, verified: rng.oneIn(4), pinned: rng.oneIn(8))
        }
    }

    /// What the kernel permits while something is wrong.
    private static func permitted(
        _ model: PruneModel, _ adversity: Adversity, _ rng: inout SeededGenerator
    ) -> Set<PointID> {
        var model = model
        let remotes = model.available.map(\.remote)
        let truth = model.now
        func listing(_ points: [RemotePoint], isComplete: Bool = true) -> PointListing {
            PointListing(points: points, isComplete: isComplete, providerClock: truth)
        }
        let context: DeletionContext
        switch adversity {
        case .none, .deadSource, .pointFromTheFuture:
            context = model.context(listing: listing(remotes))
        case .clockAhead:
            model.now = truth + .days(400)
            context = model.context(listing: listing(remotes))
        case .clockDoubtful:
            model.now = truth + .days(400)
            context = model.context(clock: .doubtful("it jumped"))
        case .listingCutShort:
            let cut = rng.oneIn(2) ? remotes : remotes.reversed()
            context = model.context(
                listing: listing(Array(cut.prefix(rng.number(in: 0...remotes.count)))))
        case .listingIncomplete:
            context = model.context(listing: listing(remotes, isComplete: false))
        case .targetRenamed:
            // The points of the old name are in no record of the new one.
            context = model.context(listing: listing(remotes), recorded: [])
        case .providerRenamed:
            context = DeletionContext(
                provider: ProviderID(trusted: "renamed"), recorded: model.points,
                listing: listing(remotes), settings: model.settings, zone: model.zone,
                providerLoad: PruneLoad(excess: 0, total: 9), clock: .sane,
                now: truth)
        case .emptyListing:
            context = model.context(listing: listing([]))
        }
        return model.permitted(in: context)
    }

    @Test("Pruning twice equals pruning once", arguments: 0..<shareCount)
    func twice(share: Int) async throws {
        let zone = try ZoneFiles.rules("Europe/Berlin")
        for seed in Self.seeds(of: share) {
            if seed % 16 == 0 { await Task.yield() }
            var rng = SeededGenerator(seed: seed)
            var once = Self.series(&rng, zone: zone)
            once.settle()
            var again = once
            again.prune()
            if again.left != once.left {
                #expect(
                    again.left == once.left, "seed \(seed), \(once.settings.rules.summary)")
            }
        }
    }

    @Test("Adding a rule or raising a count never removes more", arguments: 0..<shareCount)
    func monotone(share: Int) async throws {
        let zone = try ZoneFiles.rules("Europe/Berlin")
        for seed in Self.seeds(of: share) {
            if seed % 16 == 0 { await Task.yield() }
            var rng = SeededGenerator(seed: seed)
            var model = Self.series(&rng, zone: zone)
            for point in model.points {
                model.mark(
                    point.id,
                    PruneMark(at: point.recordedAt, deleteAfter: point.recordedAt, reason: "all"))
            }
            let before = model.permitted(in: model.context())
            let rules = Self.wider(model.settings.rules, &rng)
            model.settings.rules = rules
            if rng.oneIn(3) { model.settings.minimum += 1 }
            let after = model.permitted(in: model.context())
            if !after.isSubset(of: before) {
                #expect(after.isSubset(of: before), "seed \(seed), \(rules.summary)")
            }
        }
    }

    private static func wider(_ rules: KeepRules, _ rng: inout SeededGenerator) -> KeepRules {
        var wider = rules
        let other = self.rules(&rng)
        func more(_ left: KeepCount, _ right: KeepCount) -> KeepCount {
            guard case .periods(let count) = left, case .periods(let added) = right else {
                return .all
            }
            return .periods(count + added)
        }
        wider.last = more(rules.last, other.last)
        wider.hourly = more(rules.hourly, other.hourly)
        wider.daily = more(rules.daily, other.daily)
        wider.weekly = more(rules.weekly, other.weekly)
        wider.monthly = more(rules.monthly, other.monthly)
        wider.yearly = more(rules.yearly, other.yearly)
        wider.within = rules.within ?? other.within
        wider.withinDaily = rules.withinDaily ?? other.withinDaily
        return wider
    }

    /// A rule such as `keep_within_daily` keeps the oldest point there is while it is near enough, as
    /// restic has it; who prunes often sees older ones go first, and so may keep that one more.
    @Test("Pruning often and pruning rarely end in the same set", arguments: 0..<shareCount)
    func oftenAndRarely(share: Int) async throws {
        let zone = try ZoneFiles.rules("Europe/Berlin")
        for seed in Self.seeds(of: share) {
            if seed % 16 == 0 { await Task.yield() }
            var rng = SeededGenerator(seed: seed)
            var rarely = Self.series(&rng, zone: zone, count: 2...5)
            var often = rarely
            let stamps = rarely.points.map(\.remote.takenAt)
            often.points = []
            for stamp in stamps {
                often.now = stamp
                often.record(stamp)
                often.prune()
            }
            often.now = rarely.now + .days(2)
            rarely.now = often.now
            often.settle()
            rarely.settle()
            let additional = often.left.subtracting(rarely.left)
            let isSame =
                rarely.left.isSubset(of: often.left)
                && additional.count <= (rarely.settings.rules.withinDaily == nil ? 0 : 1)
            if !isSame {
                #expect(
                    often.left == rarely.left,
                    "seed \(seed), \(often.settings.rules.summary), \(stamps)")
            }
        }
    }

    @Test("What the guard held stays, however many points come, and the turnover goes on")
    func heldStays() async throws {
        var (heldCount, goneCount) = (0, 0)
        for seed in UInt64(0)..<1000 {
            if seed % 16 == 0 { await Task.yield() }
            var rng = SeededGenerator(seed: seed)
            let step = rng.pick([1, 6, 24])
            var rules = KeepRules()
            rules.last = .all
            var model = PruneModel(
                stamps: (0..<rng.number(in: 8...12)).map {
                    Self.beginning + .hours(step * $0)
                },
                settings: RetentionSettings(
                    rules: rules, minAge: .zero, grace: .hours(rng.pick([0, 2, 24]))),
                zone: .utc, now: Self.beginning + .hours(step * 12))
            rules.last = .periods(rng.number(in: 1...3))
            model.settings.rules = rules
            model.settings.guardPercent = rng.pick([0, 20, 50])
            // Twenty more points than there are make the cut a small share.
            var held: Set<PointID> = []
            while model.points.count < 31 {
                model.prune()
                held.formUnion(model.held)
                model.now = model.now + .hours(step)
                model.record(model.now)
            }
            model.prune()
            #expect(held.isSubset(of: model.left), "seed \(seed)")
            heldCount += held.count
            goneCount += model.points.count - model.left.count
        }
        #expect(heldCount > 2_500)
        #expect(goneCount > 2_500)
    }
}
