/// A machine or volume of a provider's account, as the history has it.
public struct InventoryRecord: Hashable, Sendable {
    /// Whose account.
    public let provider: ProviderID
    /// As it was listed last.
    public let item: InventoryItem
    /// When it was listed first.
    public let firstSeen: Timestamp
    /// Since when no policy covers it; `nil` while one does, and when it is gone.
    public let uncoveredSince: Timestamp?
    /// What it was called before its newest name; `nil`: it was never renamed.
    public let formerTitle: String?
    /// When it was not listed any more; `nil` while it is.
    public let goneAt: Timestamp?
    /// The name that a target of it gets, and by which a waiver names it.
    public let name: TargetID

    /// Takes all of it.
    public init(
        provider: ProviderID, item: InventoryItem, firstSeen: Timestamp,
        uncoveredSince: Timestamp?, formerTitle: String? = nil, goneAt: Timestamp? = nil
    ) {
        self.provider = provider
        self.item = item
        self.firstSeen = firstSeen
        self.uncoveredSince = uncoveredSince
        self.formerTitle = formerTitle
        self.goneAt = goneAt
        name = DiscoveredTarget.name(of: item.subject, at: provider)
    }
}

/// What an inventory changes of what the history has.
public struct InventoryChange: Hashable, Sendable {
    /// The rows that are new or differ, those that are gone with them; by name.
    public let changed: [InventoryRecord]
    /// Everything that is listed now, by name.
    public let present: [InventoryRecord]
    /// What no policy covers, and was covered or not known before.
    public let uncovered: [InventoryRecord]
    /// What no policy covered, and one does now.
    public let covered: [InventoryRecord]
    /// What no policy covered, and is gone.
    public let gone: [InventoryRecord]
    /// What the vendor is going to end, and was not or at another time; or was, and is no more.
    public let ending: [InventoryRecord]

    /// Compares what a provider lists with what the history has, and both with the targets.
    ///
    /// - Parameters:
    ///   - found: The whole inventory; `nil`: as known, only the targets changed.
    ///   - known: What the history has that is not gone, of this provider.
    ///   - covered: What the targets are.
    public init(
        of found: [InventoryItem]?, after known: [InventoryRecord], covered: Set<Subject>,
        at provider: ProviderID, now: Timestamp
    ) {
        var before: [Subject: InventoryRecord] = [:]
        for record in known { before[record.item.subject] = record }
        var changed: [InventoryRecord] = []
        var present: [InventoryRecord] = []
        var uncovered: [InventoryRecord] = []
        var coveredNow: [InventoryRecord] = []
        var gone: [InventoryRecord] = []
        var ending: [InventoryRecord] = []
        for item in found ?? known.map(\.item) {
            let old = before.removeValue(forKey: item.subject)
            let isCovered = covered.contains(item.subject)
            // What is met uncovered was so for as long as it has been there.
            let start = old == nil ? min(item.createdAt ?? now, now) : now
            let isRenamed = old.map { $0.item.title != item.title } ?? false
            let new = InventoryRecord(
                provider: provider, item: item, firstSeen: old?.firstSeen ?? now,
                uncoveredSince: isCovered ? nil : old?.uncoveredSince ?? start,
                formerTitle: isRenamed ? old?.item.title : old?.formerTitle)
            present.append(new)
            if new != old { changed.append(new) }
            if item.endsAt != old?.item.endsAt { ending.append(new) }
            if new.uncoveredSince != nil, old?.uncoveredSince == nil { uncovered.append(new) }
            if new.uncoveredSince == nil, let old, old.uncoveredSince != nil {
                coveredNow.append(old)
            }
        }
        for old in before.values {
            changed.append(
                InventoryRecord(
                    provider: provider, item: old.item, firstSeen: old.firstSeen,
                    uncoveredSince: nil, formerTitle: old.formerTitle,
                    goneAt: max(now, old.firstSeen)))
            if old.uncoveredSince != nil { gone.append(old) }
        }
        self.changed = changed.sorted { $0.name < $1.name }
        self.present = present.sorted { $0.name < $1.name }
        self.uncovered = uncovered.sorted { $0.name < $1.name }
        self.covered = coveredNow.sorted { $0.name < $1.name }
        self.gone = gone.sorted { $0.name < $1.name }
        self.ending = ending.sorted { $0.name < $1.name }
    }
}

/// Whether an inventory may be believed: one that suddenly lists less than half of what was there is
/// believed only when the next one says the same.
public func isPlausible(_ found: [InventoryItem], after known: [InventoryRecord]) -> Bool {
    let subjects = Set(found.map(\.subject))
    return known.count { subjects.contains($0.item.subject) } * 2 >= known.count
}

/// A machine or volume that no policy covers, for people.
public struct UncoveredTarget: Hashable, Sendable {
    /// What and since when.
    public let record: InventoryRecord
    /// The waiver that holds for it now.
    public let waiver: Waiver?
    /// Whether it was made, or listed first, in the last days.
    public let isNew: Bool

    /// For so long something is new.
    public static let newFor = Duration.days(7)

    /// Judges a record; `nil` for one that is covered or gone.
    public init?(_ record: InventoryRecord, waiver: Waiver?, at now: Timestamp) {
        guard record.uncoveredSince != nil, record.goneAt == nil else { return nil }
        self.record = record
        self.waiver = waiver
        isNew = now - (record.item.createdAt ?? record.firstSeen) < Self.newFor
    }
}

/// How fresh a provider's inventory is.
public struct InventoryListing: Hashable, Sendable {
    /// Whose account.
    public let provider: ProviderID
    /// When it was listed last; `nil`: never yet, so that nobody knows what it has.
    public let listedAt: Timestamp?
    /// Whether it could not be listed the last time.
    public let isFailing: Bool

    /// Takes all of it.
    public init(provider: ProviderID, listedAt: Timestamp?, isFailing: Bool) {
        self.provider = provider
        self.listedAt = listedAt
        self.isFailing = isFailing
    }
}

/// A part of what no policy covers.
public struct UncoveredList: Sendable {
    /// The targets, the oldest gap first.
    public let page: Page<UncoveredTarget>
    /// Every provider whose inventory is read, by name.
    public let listings: [InventoryListing]

    /// Joins both.
    public init(page: Page<UncoveredTarget>, listings: [InventoryListing]) {
        self.page = page
        self.listings = listings
    }
}

/// What no policy covers, in numbers.
public struct UncoveredTotals: Hashable, Sendable {
    /// How many there are of each provider that was listed, those under a waiver left out.
    public var counts: [ProviderID: Int] = [:]
    /// When each of them was listed last.
    public var listedAt: [ProviderID: Timestamp] = [:]
    /// How many are under a waiver.
    public var waivedCount = 0
    /// Since when the oldest of `counts` is uncovered.
    public var oldest: Timestamp?

    /// Nothing.
    public init() {}

    /// Adds up.
    ///
    /// - Parameter listings: Of the providers whose inventory is read.
    public init(_ uncovered: [UncoveredTarget], of listings: [InventoryListing]) {
        for listing in listings {
            guard let listedAt = listing.listedAt else { continue }
            counts[listing.provider] = 0
            self.listedAt[listing.provider] = listedAt
        }
        for target in uncovered {
            guard target.waiver == nil else {
                waivedCount += 1
                continue
            }
            counts[target.record.provider, default: 0] += 1
            oldest = [oldest, target.record.uncoveredSince].compactMap(\.self).min()
        }
    }

    /// How many there are in all.
    public var count: Int { counts.values.reduce(0, +) }
}

extension Configuration {
    /// What the targets are, of all providers: two of them may ask one account. What makes no points
    /// covers nothing.
    public var covered: Set<Subject> {
        Set(targets.values.map(\.subject).filter(\.makesPoints))
    }

    /// The waiver that holds for something that no policy covers, of several the one that ends last.
    public func waiver(for uncovered: InventoryRecord, at now: Timestamp) -> Waiver? {
        lastingWaiver(at: now) { $0.target == uncovered.name && $0.policy == nil }
    }
}
