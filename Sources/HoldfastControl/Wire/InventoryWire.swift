public import HoldfastCore

/// What `GET /v1/uncovered` says.
public struct UncoveredListWire: Codable, Sendable {
    /// The machines and volumes, the oldest gap first.
    public let items: [UncoveredWire]
    /// What to pass as `cursor` for the next part; absent at the end.
    public let nextCursor: String?
    /// Every provider whose inventory is read, and how fresh that is.
    public let listings: [InventoryListingWire]

    /// Takes all of it.
    public init(
        items: [UncoveredWire], nextCursor: String?, listings: [InventoryListingWire]
    ) {
        self.items = items
        self.nextCursor = nextCursor
        self.listings = listings
    }

    init(_ list: UncoveredList) {
        self.init(
            items: list.page.rows.map(UncoveredWire.init),
            nextCursor: list.page.next.map(Cursor.encode),
            listings: list.listings.map(InventoryListingWire.init))
    }
}

/// How fresh a provider's inventory is.
public struct InventoryListingWire: Codable, Sendable {
    /// The provider's name.
    public let provider: String
    /// When it was listed last; absent: never yet, so that nobody knows what it has.
    public let listedAt: Timestamp?
    /// Whether it could not be listed the last time.
    public let isFailing: Bool

    /// Takes a listing.
    public init(_ listing: InventoryListing) {
        provider = listing.provider.text
        listedAt = listing.listedAt
        isFailing = listing.isFailing
    }
}

/// A row of `GET /v1/uncovered`: a machine or volume that no policy covers.
public struct UncoveredWire: Codable, Sendable {
    /// The name that a target of it gets, and by which a waiver names it.
    public let name: String
    /// Whose account has it.
    public let provider: String
    /// `droplet`, `volume` or `instance`.
    public let kind: String
    /// The vendor's id.
    public let source: String
    /// The vendor's name for it.
    public let title: String
    /// What it was called before.
    public let formerTitle: String?
    /// Whether it is switched off, or its machine is.
    public let isStopped: Bool
    /// Whether it was made, or listed first, in the last seven days.
    public let isNew: Bool
    /// Since when no policy covers it.
    public let uncoveredSince: Timestamp
    /// When it was listed first.
    public let firstSeen: Timestamp
    /// When it was made, by the vendor's word.
    public let createdAt: Timestamp?
    /// When the vendor will end it; absent: not as far as it says.
    public let endsAt: Timestamp?
    /// The waiver that holds for it now.
    public let waiver: WaiverWire?

    /// Takes what is uncovered.
    public init(_ target: UncoveredTarget) {
        let record = target.record
        name = record.name.text
        provider = record.provider.text
        kind = record.item.subject.kind
        source = record.item.subject.source
        title = record.item.title
        formerTitle = record.formerTitle
        isStopped = record.item.isStopped
        isNew = target.isNew
        uncoveredSince = record.uncoveredSince ?? record.firstSeen
        firstSeen = record.firstSeen
        createdAt = record.item.createdAt
        endsAt = record.item.endsAt
        waiver = target.waiver.map { WaiverWire($0, since: nil) }
    }
}

/// A target of `GET /v1/status` whose machine the vendor is going to end.
public struct EndingTargetWire: Codable, Sendable {
    /// The target's name.
    public let target: String
    /// Whose account has it.
    public let provider: String
    /// What it is called there.
    public let title: String
    /// When it ends.
    public let endsAt: Timestamp
    /// How many available points are deleted with it.
    public let points: Int

    init(_ ending: EndingTarget) {
        target = ending.target.text
        provider = ending.provider.text
        title = ending.title
        endsAt = ending.endsAt
        points = ending.pointCount
    }
}
