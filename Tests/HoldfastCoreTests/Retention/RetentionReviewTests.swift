import HoldfastCore
import Testing

@Suite("Retention review")
struct RetentionReviewTests {
    private let now = Timestamp(seconds: 1_780_000_000)

    /// Daily points, row 1 the oldest, the newest an hour or two old.
    private func daily(_ count: Int) -> [PointDraft] {
        (1...count).map {
            PointDraft(Int64($0), takenAt: now - .days(count - $0) - .hours(2))
        }
    }

    private func settings(keepDaily count: Int) -> RetentionSettings {
        var rules = KeepRules()
        rules.daily = .periods(count)
        return RetentionSettings(rules: rules)
    }

    private func review(
        _ drafts: [PointDraft], _ settings: RetentionSettings, at now: Timestamp? = nil
    ) -> [Int64: PointReview] {
        let reviews = retentionReview(
            of: drafts.map(\.point), under: settings, in: .utc, now: now ?? self.now)
        return Dictionary(
            reviews.map { ($0.point.id.number, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func keptNumbers(_ reviews: [Int64: PointReview]) -> [Int64] {
        reviews.filter { $0.value.isKept }.keys.sorted()
    }

    @Test("What no rule keeps gets a mark with the end of its grace and the reason")
    func marks() throws {
        let reviews = review(daily(5), settings(keepDaily: 3))
        #expect(reviews.count == 5)
        for number in Int64(3)...5 {
            #expect(reviews[number]?.isKept == true)
            #expect(reviews[number]?.texts == ["daily"])
            #expect(reviews[number]?.change == nil)
        }
        for number in Int64(1)...2 {
            let review = try #require(reviews[number])
            let mark = PruneMark(
                at: now, deleteAfter: now + .hours(24), reason: "kept by none of keep_daily: 3")
            #expect(review.change == .set(mark))
            #expect(review.texts == ["kept by none of keep_daily: 3"])
        }
    }

    @Test("A mark keeps its own grace when it is reviewed again")
    func markStays() {
        var drafts = daily(5)
        let mark = Points.mark(at: now - .hours(3))
        drafts[0].mark = mark
        let review = review(drafts, settings(keepDaily: 3))[1]
        #expect(review?.mark == mark)
        #expect(review?.change == nil)
    }

    @Test("A mark that no longer applies is cleared", arguments: ["rule", "pin", "floor", "none"])
    func cleared(by cause: String) {
        var drafts = daily(5)
        drafts[0].mark = Points.mark(at: now - .hours(3))
        var settings = settings(keepDaily: 3)
        switch cause {
        case "rule": settings.rules.daily = .periods(5)
        case "pin": drafts[0].isPinned = true
        case "floor": settings.minimum = 5
        default: settings.rules = KeepRules()
        }
        let review = review(drafts, settings)[1]
        #expect(review?.change == .clear)
        #expect(review?.isKept == true)
    }

    @Test("Pinned points stay and use no rule's slot")
    func pinned() {
        var drafts = daily(5)
        drafts[4].isPinned = true
        let reviews = review(drafts, settings(keepDaily: 3))
        #expect(keptNumbers(reviews) == [2, 3, 4, 5])
        #expect(reviews[5]?.texts == ["it is pinned"])
        #expect(reviews[4]?.texts == ["daily"])
    }

    @Test("Points that are deleted or missing are not reviewed and use no slot")
    func states() {
        var drafts = daily(5)
        drafts[4].state = .missing
        drafts[3].state = .deleted
        let reviews = review(drafts, settings(keepDaily: 2))
        #expect(reviews.keys.sorted() == [1, 2, 3])
        #expect(keptNumbers(reviews) == [2, 3])
    }

    @Test("A floor keeps what no rule keeps, and says so")
    func floors() {
        var drafts = daily(6)
        drafts[0].verifiedAt = now
        var settings = settings(keepDaily: 1)
        settings.minimum = 3
        settings.minAge = .days(4)
        let reviews = review(drafts, settings)
        #expect(reviews[6]?.texts == ["daily"])
        #expect(reviews[5]?.texts == ["it is one of the newest 3 (minimum)"])
        #expect(reviews[3]?.texts == ["it is younger than 4d (min_age)"])
        #expect(reviews[2]?.isKept == false)
        #expect(reviews[1]?.texts == ["it is the newest point that was verified"])
    }

    @Test("A clock that went back keeps everything that lies ahead of it")
    func clockBack() {
        let reviews = review(daily(5), settings(keepDaily: 1), at: now - .days(3))
        #expect(keptNumbers(reviews) == [2, 3, 4, 5])
        #expect(reviews[5]?.reasons == .future)
        #expect(reviews[2]?.reasons == .daily)
    }

    @Test(
        "Of equal stamps the later row wins, for the rules as for the floors",
        arguments: [
            (Int64(1), Int64(2)), (9, 10), (99, 100), (2, 1_000_000),
        ])
    func ties(first: Int64, second: Int64) {
        let stamp = now - .days(2)
        let drafts = [PointDraft(second, takenAt: stamp), PointDraft(first, takenAt: stamp)]
        var settings = RetentionSettings()
        settings.rules.last = .periods(1)
        let reviews = review(drafts, settings)
        #expect(reviews[second]?.texts == ["last"])
        #expect(reviews[first]?.isKept == false)
    }

    @Test("Without rules everything stays")
    func noRules() {
        #expect(keptNumbers(review(daily(5), RetentionSettings())) == [1, 2, 3, 4, 5])
    }
}
