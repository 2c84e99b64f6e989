/// The name of something that an operator declared; `Kind` keeps policies, targets and providers
/// from being mistaken for one another.
///
/// 1 to 63 characters of `a`–`z`, `0`–`9` and `-`, beginning and ending with a letter or digit,
/// so that it can stand in a path, a host name or a provider's label as it is.
public struct Name<Kind>: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name's text.
    public let text: String

    /// The longest name, in characters.
    public static var lengthMax: Int { 63 }

    /// Takes a text that keeps the rules above.
    ///
    /// - Throws: `InvalidName` with the rule that is broken.
    public init(_ text: some StringProtocol) throws(InvalidName) {
        guard !text.isEmpty else { throw InvalidName(reason: "a name has at least one character") }
        guard text.utf8.count <= Self.lengthMax else {
            throw InvalidName(reason: "a name has at most \(Self.lengthMax) characters")
        }
        for byte in text.utf8 {
            switch byte {
            case 0x61...0x7A, 0x30...0x39, 0x2D: continue
            default: throw InvalidName(reason: "a name has only a to z, 0 to 9 and '-'")
            }
        }
        guard !text.hasPrefix("-"), !text.hasSuffix("-") else {
            throw InvalidName(reason: "a name begins and ends with a letter or digit")
        }
        self.text = String(text)
    }

    /// Takes text that this program itself wrote, for example out of the history.
    ///
    /// - Precondition: the text keeps the rules; anything else means a damaged file.
    public init(trusted text: String) {
        self.text = text
    }

    /// The name's text.
    public var description: String { text }

    /// By the bytes of the text.
    public static func < (lhs: Name, rhs: Name) -> Bool { lhs.text < rhs.text }
}

/// Why a text is no name.
public struct InvalidName: Error, Equatable, Sendable {
    /// The broken rule, as a clause.
    public let reason: String
}

/// Marks names of policies.
public enum PolicyKind: Sendable {}
/// Marks names of targets.
public enum TargetNameKind: Sendable {}
/// Marks names of providers.
public enum ProviderNameKind: Sendable {}

/// The name of a policy.
public typealias PolicyID = Name<PolicyKind>
/// The name of a target.
public typealias TargetID = Name<TargetNameKind>
/// The name of a provider.
public typealias ProviderID = Name<ProviderNameKind>
