import HoldfastCore

extension RefusalCase {
    static let all = permitted + floors + marks + listings + clocks + guards

    private static let permitted = [
        RefusalCase("Everything in order", nil),
        RefusalCase("The point is gone at the provider already", nil) { $0.list(only: 2...10) },
        RefusalCase("Exactly half of the record is listed", nil) { $0.list(only: 6...10) },
        RefusalCase("The grace is over at this instant", nil) { $0.mark([1], hoursAgo: 24) },
        RefusalCase("The point is just as old as min_age", nil) {
            $0.settings.minAge = .days(10)
        },
        RefusalCase("The provider's clock is a little off", nil) {
            $0.providerClock = $0.now + ClockWatch.tolerance
        },
        RefusalCase("Another point is verified later", nil) {
            $0.drafts[0].verifiedAt = $0.now - .days(9)
            $0.drafts[1].verifiedAt = $0.now - .days(9)
        },
    ]

    private static let floors = [
        RefusalCase("The newest good point", number: 10, .newestGood) { $0.mark([10]) },
        RefusalCase("The newest that is not from the future", number: 9, .newestGood) {
            $0.mark([9])
            $0.drafts[9].takenAt = $0.now + .milliseconds(1)
        },
        RefusalCase("The newest that is not pinned", number: 9, .newestGood) {
            $0.mark([9])
            $0.drafts[9].isPinned = true
        },
        RefusalCase("The newest that is not missing", number: 9, .newestGood) {
            $0.mark([9])
            $0.drafts[9].state = .missing
        },
        RefusalCase("The only verified point", .newestVerified) {
            $0.drafts[0].verifiedAt = $0.now - .days(9)
        },
        RefusalCase(
            "The newest verified by its own time, not by that of the check",
            number: 2, .newestVerified
        ) {
            $0.mark([1, 2])
            $0.drafts[0].verifiedAt = $0.now - .days(1)
            $0.drafts[1].verifiedAt = $0.now - .days(5)
        },
        RefusalCase("A pinned point", .pinned) { $0.drafts[0].isPinned = true },
        RefusalCase("One of the newest ten", .neededByMinimum(10)) { $0.settings.minimum = 10 },
        RefusalCase("A pinned point does not count for the minimum", .neededByMinimum(9)) {
            $0.settings.minimum = 9
            $0.drafts[4].isPinned = true
        },
        RefusalCase("A point younger than min_age", .tooYoung(.days(11))) {
            $0.settings.minAge = .days(11)
        },
        RefusalCase("A point from the future", number: 10, .tooYoung(.hours(1))) {
            $0.mark([10])
            $0.drafts[9].takenAt = $0.now + .days(1)
        },
    ]

    private static let marks = [
        RefusalCase("Not marked", number: 2, .notMarked),
        RefusalCase("Deleted already", .notMarked) { $0.drafts[0].state = .deleted },
        RefusalCase(
            "The grace is not over",
            .graceNotOver(until: Timestamp(seconds: 1_780_003_600))
        ) {
            $0.mark([1], hoursAgo: 23)
        },
    ]

    private static let listings = [
        RefusalCase("A listing that was cut off", .listingIncomplete) { $0.isComplete = false },
        RefusalCase("An empty listing", .listingShorter(seen: 0, recorded: 10)) {
            $0.list(only: [])
        },
        RefusalCase("Less than half of the record", .listingShorter(seen: 4, recorded: 10)) {
            $0.list(only: 1...4)
        },
        RefusalCase("No newer one is listed", number: 5, .newerNotSeen) {
            $0.mark([5])
            $0.list(only: 1...5)
        },
        RefusalCase("Only one from the future is listed and newer", number: 8, .newerNotSeen) {
            $0.mark([8])
            $0.drafts[9].takenAt = $0.now + .days(1)
            $0.list(only: [1, 2, 3, 4, 5, 6, 7, 8, 10])
        },
        RefusalCase("Only a pinned one is listed and newer", number: 8, .newerNotSeen) {
            $0.mark([8])
            $0.drafts[9].isPinned = true
            $0.list(only: [1, 2, 3, 4, 5, 6, 7, 8, 10])
        },
        RefusalCase("The minimum holds among what is listed", number: 5, .neededByMinimum(3)) {
            $0.settings.minimum = 3
            $0.mark([1, 2, 3, 4, 5])
            $0.list(only: 1...6)
        },
        RefusalCase("The newest verified one that is listed", number: 1, .newestVerified) {
            $0.drafts[0].verifiedAt = $0.now - .days(1)
            $0.drafts[9].verifiedAt = $0.now - .days(1)
            $0.list(only: 1...9)
        },
        RefusalCase("The token stands for something else at the provider", .notOurs) {
            var points = $0.recorded.map(\.remote)
            points[0] = Points.remote(
                1, takenAt: points[0].takenAt, remoteID: "somebody-else's")
            $0.listed = points
        },
        RefusalCase("What is listed under the newer ones' tokens is not theirs", .newerNotSeen) {
            $0.listed = $0.recorded.map {
                Points.remote(
                    $0.id.number, takenAt: $0.remote.takenAt,
                    remoteID: $0.id.number == 1 ? nil : "other")
            }
        },
    ]

    private static let clocks = [
        RefusalCase("A doubtful clock", .clock("it jumped")) { $0.clock = .doubtful("it jumped") },
        RefusalCase(
            "A provider whose clock says something else",
            .clock(
                "the provider's clock says 2026-05-28T20:29:00Z and this machine's "
                    + "2026-05-28T20:26:40Z")
        ) {
            $0.providerClock = $0.now + .seconds(140)
        },
        RefusalCase(
            "A provider whose clock is behind",
            .clock(
                "the provider's clock says 2026-05-28T20:24:39Z and this machine's "
                    + "2026-05-28T20:26:40Z")
        ) {
            $0.providerClock = $0.now - .seconds(121)
        },
    ]

    private static let guards = [
        RefusalCase("Five points pass the guard, whatever the share", nil) { $0.mark(1...5) },
        RefusalCase(
            "Six of ten do not",
            .guardExceeded(scope: .assignment, count: 6, of: 10, percent: 20)
        ) {
            $0.mark(1...6, hoursAgo: 30)
        },
        RefusalCase("Six of ten do when the guard is at 60 %", nil) {
            $0.mark(1...6, hoursAgo: 24)
            $0.settings.guardPercent = 60
        },
        RefusalCase("Marks that new points made up for don't count", nil) {
            $0.mark(1...6)
            for index in 0..<6 { $0.turnOver(index) }
        },
        RefusalCase(
            "What turns over is no part of what the share is of", number: 4,
            .guardExceeded(scope: .assignment, count: 6, of: 7, percent: 85)
        ) {
            $0.mark(1...9)
            for index in 0..<3 { $0.turnOver(index) }
            $0.settings.guardPercent = 85
        },
        RefusalCase("What an operator confirmed does not count", nil) {
            $0.mark(1...6)
            for index in 0..<6 { $0.confirm(index) }
        },
        RefusalCase(
            "The guard holds what was not confirmed, though some was",
            .guardExceeded(scope: .assignment, count: 6, of: 9, percent: 20)
        ) {
            $0.mark(1...7)
            $0.confirm(6)
        },
        RefusalCase("A confirmed point goes while the guard holds others", number: 7, nil) {
            $0.mark(1...7)
            $0.confirm(6)
        },
        RefusalCase(
            "What the guard held it holds, however many points came since",
            .guardHolds(
                GuardHold(
                    since: DeletionScene().now - .hours(20), scope: .provider, total: 100))
        ) {
            $0.hold(0)
            $0.providerLoad = PruneLoad(excess: 21, total: 1000)
        },
        RefusalCase(
            "What was held is held though little of it is left",
            .guardHolds(
                GuardHold(
                    since: DeletionScene().now - .hours(20), scope: .provider, total: 100))
        ) {
            $0.hold(0)
            $0.providerLoad = PruneLoad(excess: 20, total: 1000)
        },
        RefusalCase("What was held goes once it is confirmed", nil) {
            $0.hold(0)
            $0.confirm(0)
            $0.providerLoad = PruneLoad(excess: 21, total: 1000)
        },
        RefusalCase("A guard that is off holds nothing", nil) {
            $0.hold(0)
            $0.providerLoad = PruneLoad(excess: 21, total: 1000)
            $0.settings.guardPercent = RetentionSettings.guardOff
        },
        RefusalCase("Turnover goes while the guards hold a cut", number: 7, nil) {
            $0.mark(1...6)
            $0.mark([7])
            $0.turnOver(6)
            $0.providerLoad = PruneLoad(excess: 21, total: 100)
        },
        RefusalCase(
            "What lost its mark and got it again is no turnover", number: 7,
            .guardExceeded(scope: .assignment, count: 9, of: 10, percent: 20)
        ) {
            $0.mark(1...6, hoursAgo: 60)
            for index in 0..<6 { $0.hold(index) }
            $0.mark(7...9)
        },
        RefusalCase("A confirmation waives the guard alone", .listingIncomplete) {
            $0.mark(1...6)
            for index in 0..<6 { $0.confirm(index) }
            $0.isComplete = false
        },
        RefusalCase("A rule that keeps a marked point", .keptByRule(.last)) {
            $0.settings.rules.last = .all
        },
        RefusalCase(
            "A mark that stayed due for long does not turn the guard off", number: 2,
            .guardExceeded(scope: .assignment, count: 8, of: 10, percent: 20)
        ) {
            $0.mark([1], hoursAgo: 24 * 200)
            $0.mark(2...8)
        },
        RefusalCase(
            "The provider as a whole loses too much",
            .guardExceeded(scope: .provider, count: 21, of: 100, percent: 20)
        ) {
            $0.providerLoad = PruneLoad(excess: 21, total: 100)
        },
        RefusalCase("The point is at another provider", .notOurs) {
            $0.provider = ProviderID(trusted: "elsewhere")
        },
        RefusalCase("The provider as a whole loses just what the guard allows", nil) {
            $0.providerLoad = PruneLoad(excess: 20, total: 100)
        },
    ]
}
