/// What a reconcile job is for that looks at a target's points at its provider, instead of keeping
/// something of the vendor's as declared.
public enum Survey: Hashable, Sendable {
    /// The provider's listing is compared with the history.
    case look
    /// The same, and some of what is not ours is taken under the job's policy.
    case adopt(Adoption)

    /// `look` or `adopt`.
    public var name: String {
        switch self {
        case .look: "look"
        case .adopt: "adopt"
        }
    }

    /// What is adopted, if anything.
    public var adoption: Adoption? {
        if case .adopt(let adoption) = self { adoption } else { nil }
    }
}

/// An operator's wish to take backups that are not ours under a policy.
public struct Adoption: Hashable, Sendable {
    /// The provider's own identifiers of the backups; 1 to `countMax`, none twice.
    public let remoteIDs: [String]
    /// Why, in the words of whoever asked.
    public let reason: String
    /// Who asked, by the kernel's word.
    public let uid: UInt32
    /// The name of whoever asked; empty where the system has none.
    public let user: String

    /// So many are adopted at once.
    public static let countMax = 100
    /// The longest identifier that is looked for, in bytes.
    public static let remoteIDMax = 500
    /// The longest reason, in bytes.
    public static let reasonMax = 500

    /// Takes all of it.
    public init(remoteIDs: [String], reason: String, uid: UInt32, user: String) {
        self.remoteIDs = remoteIDs
        self.reason = reason
        self.uid = uid
        self.user = user
    }

    /// Who asked.
    public var actor: Actor { .user(uid: uid, name: user) }
}
