/// About how many requests a provider's work costs when nothing has to be repeated. What is asked
/// without any work, such as selectors and drift, is not in it.
public struct RequestCosts: Hashable, Sendable {
    /// A backup, from the order to its end.
    public let backup: Int
    /// A look at what the vendor did in a window of its own policy, or at what is only kept as
    /// declared.
    public let look: Int
    /// The listing before a prune.
    public let list: Int
    /// A deletion.
    public let deletion: Int

    /// What each kind of provider costs, counted in its adapter.
    ///
    /// - DigitalOcean: the order of a Droplet's snapshot and one look, as `Benchmarks/README.md`
    ///   measured; a volume's snapshot is there at once, but orders count as the dearer one. A
    ///   vendor's window is read as policy and list.
    /// - Contabo: the order, and reading it back; a snapshot is read before it is deleted.
    /// - IONOS Cloud: the order, at least one look at its request, and the snapshot; a deletion is
    ///   read, ordered and looked at. A backup that takes longer costs a look every ten seconds.
    /// - Pieces OS: one streamed request, which ends with the backup.
    public init(of kind: ProviderSettings.Kind) {
        switch kind {
        case .local: (backup, look, list, deletion) = (0, 0, 0, 0)
        case .digitalOcean: (backup, look, list, deletion) = (2, 2, 1, 1)
        case .contabo: (backup, look, list, deletion) = (2, 0, 1, 2)
        case .ionos: (backup, look, list, deletion) = (3, 1, 1, 3)
        case .pieces: (backup, look, list, deletion) = (1, 0, 1, 1)
        }
    }
}

/// How many recovery points a target has places for at its provider.
public enum ProviderPlaces {
    /// A DigitalOcean volume takes so many snapshots.
    static let ofVolume = 25

    /// The number of places that the vendor has by its published limits; `nil`: there is none, or
    /// it depends on the product and only a refusal tells it.
    static func published(for subject: Subject) -> Int? {
        if case .volume = subject { ofVolume } else { nil }
    }

    /// The number that a vendor's refusal names: `the total max limit of 1 snapshots`.
    public static func told(in words: some StringProtocol) -> Int? {
        guard let range = words.firstRange(of: "max limit of ") else { return nil }
        return Int(words[range.upperBound...].prefix { $0.isASCII && $0.isNumber })
    }
}
