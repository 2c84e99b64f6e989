import HoldfastCore
import Testing

@Suite("What an account has beside the targets")
struct InventoryTests {
    private let cloud = ProviderID(trusted: "cloud")
    private let now = Timestamp(seconds: 1_780_000_000)

    private func item(
        _ id: Int64, _ title: String = "web", isStopped: Bool = false, ageInHours: Int? = nil
    ) -> InventoryItem {
        InventoryItem(
            .droplet(id: id), title: title, isStopped: isStopped,
            createdAt: ageInHours.map { now - .hours($0) })
    }

    private func record(
        _ item: InventoryItem, uncoveredForHours hours: Int? = nil, former: String? = nil,
        goneAt: Timestamp? = nil
    ) -> InventoryRecord {
        InventoryRecord(
            provider: cloud, item: item, firstSeen: now - .days(9),
            uncoveredSince: hours.map { now - .hours($0) }, formerTitle: former, goneAt: goneAt)
    }

    private func change(
        _ found: [InventoryItem]?, after known: [InventoryRecord] = [], covered: [Int64] = []
    ) -> InventoryChange {
        InventoryChange(
            of: found, after: known, covered: Set(covered.map { Subject.droplet(id: $0) }),
            at: cloud, now: now)
    }

    @Test("What is met for the first time is uncovered since it was made, or since now")
    func firstSight() {
        let found = change([item(1), item(2, ageInHours: 50), item(3, ageInHours: -5)])
        #expect(found.present.map(\.uncoveredSince) == [now, now - .hours(50), now])
        #expect(found.present.map(\.firstSeen) == [now, now, now])
        #expect(found.uncovered == found.present)
        #expect(found.changed == found.present)
        #expect(change([item(1)], covered: [1]).uncovered.isEmpty)
        #expect(change([item(1)], covered: [1]).present.map(\.uncoveredSince) == [nil])
    }

    @Test("What stays as it is changes nothing, however often it is seen")
    func steady() {
        let known = [record(item(1), uncoveredForHours: 70), record(item(2))]
        let same = change([item(1), item(2)], after: known, covered: [2])
        #expect(same.changed.isEmpty)
        #expect(same.uncovered.isEmpty)
        #expect(same.covered.isEmpty)
        #expect(same.present == known)
        #expect(change(nil, after: known, covered: [2]) == same)
    }

    @Test("A gap begins and ends with what covers it, seen again or not", arguments: [true, false])
    func coverage(isListed: Bool) {
        let known = [record(item(1), uncoveredForHours: 70), record(item(2))]
        let found = isListed ? [item(1), item(2)] : nil
        let turned = change(found, after: known, covered: [1])
        #expect(turned.covered == [known[0]])
        #expect(turned.uncovered == [turned.present[1]])
        #expect(turned.present.map(\.uncoveredSince) == [nil, now])
        #expect(turned.gone.isEmpty)
    }

    @Test("What is not listed any more is gone, and its gap with it")
    func gone() {
        let known = [record(item(1), uncoveredForHours: 70), record(item(2))]
        let left = change([], after: known, covered: [2])
        #expect(left.changed.map(\.goneAt) == [now, now])
        #expect(left.changed.map(\.uncoveredSince) == [nil, nil])
        #expect(left.gone == [known[0]])
        #expect(left.present.isEmpty)
    }

    @Test("A new name, a stop and a start are noted, and the gap goes on")
    func renamed() {
        let known = [record(item(1, "old"), uncoveredForHours: 70)]
        let renamed = change([item(1, "new", isStopped: true)], after: known)
        #expect(renamed.present.map(\.formerTitle) == ["old"])
        #expect(renamed.present.map(\.item.isStopped) == [true])
        #expect(renamed.present.map(\.uncoveredSince) == [now - .hours(70)])
        #expect(renamed.uncovered.isEmpty)
        let started = change([item(1, "new")], after: renamed.present)
        #expect(started.present.map(\.formerTitle) == ["old"])
        #expect(started.changed.count == 1)
    }

    @Test("An inventory that loses more than half is not believed at once")
    func plausible() {
        let known = (1...4).map { record(item($0)) }
        #expect(isPlausible([item(1), item(2)], after: known))
        #expect(!isPlausible([item(1), item(9)], after: known))
        #expect(!isPlausible([InventoryItem](), after: known))
        #expect(isPlausible([InventoryItem](), after: []))
    }

    @Test(
        "A name is that of the target it would be, and never too long",
        arguments: [
            (Subject.droplet(id: 7), "cloud", "cloud-droplet-7"),
            (
                .volume(id: "506f78a4-e098-11e5-ad9f-000f53306ae1"), "cloud",
                "cloud-volume-506f78a4-e098-11e5-ad9f-000f53306ae1"
            ),
            (
                .datacenterVolume(
                    datacenter: "1c1d0a3e-0000-4000-8000-000000000001",
                    volume: "506f78a4-e098-11e5-ad9f-000f53306ae1"), "ionos",
                "ionos-volume-506f78a4-e098-11e5-ad9f-000f53306ae1"
            ),
            (
                .volume(id: "506f78a4-e098-11e5-ad9f-000f53306ae1"),
                "a-provider-with-a-long-name", "volume-506f78a4-e098-11e5-ad9f-000f53306ae1"
            ),
        ])
    func naming(subject: Subject, provider: String, expected: String) throws {
        let record = InventoryRecord(
            provider: ProviderID(trusted: provider), item: InventoryItem(subject, title: ""),
            firstSeen: now, uncoveredSince: now)
        #expect(record.name.text == expected)
        let name = try TargetID(expected)
        #expect(name == record.name)
        #expect(Subject(discovered: subject.kind, source: subject.source) == subject)
    }

    @Test("What is counted is neither covered nor gone nor under a waiver")
    func totals() throws {
        let waiver = Waiver(
            target: TargetID(trusted: "cloud-droplet-3"), policy: nil, owner: "anna",
            reason: "a toy", until: now + .days(1))
        let rows = [
            record(item(1, ageInHours: 24), uncoveredForHours: 24),
            record(item(2), uncoveredForHours: 300), record(item(3), uncoveredForHours: 900),
            record(item(4)), record(item(5), goneAt: now),
        ]
        let uncovered = rows.compactMap {
            UncoveredTarget($0, waiver: $0.name == waiver.target ? waiver : nil, at: now)
        }
        #expect(uncovered.map(\.record) == Array(rows.prefix(3)))
        #expect(uncovered.map(\.isNew) == [true, false, false])
        let totals = UncoveredTotals(
            uncovered,
            of: [
                InventoryListing(provider: cloud, listedAt: now, isFailing: false),
                InventoryListing(
                    provider: ProviderID(trusted: "other"), listedAt: now, isFailing: true),
                InventoryListing(
                    provider: ProviderID(trusted: "never"), listedAt: nil, isFailing: true),
            ])
        #expect(totals.count == 2)
        #expect(totals.counts == [cloud: 2, ProviderID(trusted: "other"): 0])
        #expect(totals.waivedCount == 1)
        #expect(totals.oldest == now - .hours(300))
    }
}
