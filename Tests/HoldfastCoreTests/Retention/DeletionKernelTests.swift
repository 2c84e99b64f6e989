import HoldfastCore
import Testing

@Suite("Deletion kernel")
struct DeletionKernelTests {
    @Test(
        "One thing out of order refuses the deletion, with its reason",
        arguments: RefusalCase.all)
    func refusals(_ example: RefusalCase) {
        var scene = DeletionScene()
        example.change(&scene)
        // Everything that is marked goes together, as it does after a review.
        var numbers = scene.drafts.filter { $0.mark != nil }.map(\.number)
        if !numbers.contains(example.number) { numbers.append(example.number) }
        let refusals = zip(numbers, scene.refusals(numbers)).filter { $0.0 == example.number }
        #expect(refusals.map(\.1) == [example.expected])
    }

    @Test("A point that is not in the record of the assignment is not ours")
    func stranger() {
        let scene = DeletionScene()
        var stranger = PointDraft(77, takenAt: scene.now - .days(30))
        stranger.mark = Points.mark(at: scene.now - .days(2))
        let verdicts = deletionVerdicts(for: [stranger.point], in: scene.context)
        #expect(verdicts == [.refused(stranger.point, .notOurs)])
    }

    @Test("A permission is for the recorded point, in the order that was asked")
    func permission() {
        var scene = DeletionScene()
        scene.mark([1, 3])
        let points = [scene.recorded[2], scene.recorded[1], scene.recorded[0]]
        let verdicts = deletionVerdicts(for: points, in: scene.context)
        let permitted = verdicts.compactMap {
            if case .permitted(let permission) = $0 { permission.point } else { nil }
        }
        #expect(permitted == [points[0], points[2]])
        #expect(verdicts[1] == .refused(points[1], .notMarked))
    }

    @Test(
        "Every refusal has a word of its own and tells its reason",
        arguments: [
            (
                DeletionRefusal.notOurs, "not_ours",
                "it does not carry the token that the history has for it"
            ),
            (.newestGood, "newest_good", "it is the newest good point"),
            (.newestVerified, "newest_verified", "it is the newest point that was verified"),
            (.pinned, "pinned", "it is pinned"),
            (.neededByMinimum(3), "needed_by_minimum", "it is one of the newest 3 (minimum)"),
            (.tooYoung(.hours(1)), "too_young", "it is younger than 1h (min_age)"),
            (.notMarked, "not_marked", "it is not marked for deletion"),
            (
                .keptByRule([.daily, .weekly, .oldest]), "kept_by_rule",
                "a rule keeps it: daily (oldest point), weekly (oldest point)"
            ),
            (
                .graceNotOver(until: Timestamp(seconds: 0)), "grace",
                "its grace lasts until 1970-01-01T00:00:00Z"
            ),
            (.listingIncomplete, "listing_incomplete", "the provider's listing was not complete"),
            (
                .listingShorter(seen: 2, recorded: 9), "listing_shorter",
                "the provider lists 2 points and the history has 9"
            ),
            (
                .newerNotSeen, "newer_not_seen",
                "no newer good point was seen in the provider's listing"
            ),
            (.clock("the clock jumped"), "clock", "the clock jumped"),
            (
                .guardExceeded(scope: .provider, count: 9, of: 30, percent: 20), "prune_guard",
                "9 of the provider's 30 points would go at once, more than 20 % (prune_guard); "
                    + "'holdfast prune plans' shows them, and 'holdfast prune confirm HASH' lets "
                    + "that very plan go"
            ),
            (
                .guardHolds(GuardHold(since: Timestamp(seconds: 0), scope: .assignment, total: 9)),
                "prune_guard",
                "it is held back since 1970-01-01T00:00:00Z, when too many of the assignment's "
                    + "points would have gone at once (prune_guard); 'holdfast prune plans' shows "
                    + "them, and 'holdfast prune confirm HASH' lets that very plan go"
            ),
        ])
    func words(refusal: DeletionRefusal, code: String, text: String) {
        #expect(refusal.code == code)
        #expect(refusal.text == text)
    }

    @Test(
        "The guard looks at what is due beyond what was replaced",
        arguments: [
            (PruneLoad(excess: 5, total: 5), 20, true),
            (PruneLoad(excess: 6, total: 29), 20, false),
            (PruneLoad(excess: 6, total: 30), 20, true),
            (PruneLoad(excess: 5, total: 100), 0, true),
            (PruneLoad(excess: 6, total: 100), 0, false),
            (PruneLoad(excess: 0, total: 0), 0, true),
            (PruneLoad(excess: 100, total: 100), 100, true),
        ])
    func load(load: PruneLoad, percent: Int, isWithin: Bool) {
        #expect(load.isWithin(percent: percent) == isWithin)
    }
}
