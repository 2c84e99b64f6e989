/// One policy applied to one target.
public struct Assignment: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The policy that applies.
    public let policy: PolicyID
    /// The target that it is applied to.
    public let target: TargetID

    /// Joins a policy and a target.
    public init(policy: PolicyID, target: TargetID) {
        self.policy = policy
        self.target = target
    }

    /// `policy/target`.
    public var description: String { "\(policy)/\(target)" }

    /// By policy, then by target.
    public static func < (lhs: Assignment, rhs: Assignment) -> Bool {
        (lhs.policy, lhs.target) < (rhs.policy, rhs.target)
    }
}

/// Identity of one window of one assignment. Planning the same window twice gives the same key, so
/// it makes one job.
public struct SlotKey: Hashable, Sendable {
    /// The policy and target.
    public let assignment: Assignment
    /// When the window opened; a whole second.
    public let opens: Timestamp

    /// Joins an assignment and an opening; a fraction of a second is cut off.
    public init(assignment: Assignment, opens: Timestamp) {
        self.assignment = assignment
        self.opens = opens.roundedDownToSecond
    }

    /// The mark that names this slot's backup at the provider.
    public var token: BackupToken { BackupToken(slot: self) }
}

/// The short mark that names a backup at its provider: `hf-`, ten characters that stand for policy,
/// target and opening, `-`, and the opening in UTC.
///
/// 30 characters of letters, digits and `-`, which every provider with names accepts (Contabo's
/// limit is the shortest), for example `hf-5k3v9m2q0d-20260329T010000Z`.
public struct BackupToken: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The token's text.
    public let text: String

    /// Derives the token of a slot; the same slot always has the same one.
    public init(slot: SlotKey) {
        var hash = StableHash()
        hash.combine(slot.assignment.policy.text)
        hash.combine(slot.assignment.target.text)
        hash.combine(UInt64(bitPattern: slot.opens.milliseconds))
        let stamp = slot.opens.rfc3339.filter { $0 != "-" && $0 != ":" }
        text = "hf-\(hash.base32(digits: 10))-\(stamp)"
    }

    /// Names a backup that the vendor made of its own accord, which has no slot: the mark is another
    /// than that of a slot which opens in the same second.
    ///
    /// - Parameters:
    ///   - slot: The assignment, and when the backup was made.
    ///   - remoteID: The vendor's id.
    public init(of slot: SlotKey, remoteID: String) {
        var hash = StableHash()
        hash.combine(BackupToken(slot: slot).text)
        hash.combine(remoteID)
        text = "hf-\(hash.base32(digits: 10))\(BackupToken(slot: slot).text.suffix(17))"
    }

    /// Reads a token as it stands in a file name or a provider's list; `nil` for any other name.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 30, text.hasPrefix("hf-"), bytes[13] == 0x2D, bytes[22] == 0x54,
            bytes[29] == 0x5A, bytes[3..<13].allSatisfy(StableHash.isBase32Digit),
            (bytes[14..<22] + bytes[23..<29]).allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        self.text = String(text)
    }

    /// The token's text.
    public var description: String { text }

    /// By the bytes of the text.
    public static func < (lhs: BackupToken, rhs: BackupToken) -> Bool { lhs.text < rhs.text }
}

/// A 64-bit hash that is the same in every process and version (FNV-1a with a final mix); never for
/// anything that an attacker gains by forging.
struct StableHash {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func combine(_ text: String) {
        for byte in text.utf8 { combine(byte) }
        combine(UInt8(0xFF))  // ends the text: no UTF-8 has this byte
    }

    mutating func combine(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            combine(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }

    private mutating func combine(_ byte: UInt8) {
        state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    var value: UInt64 {
        var mixed = state
        mixed = (mixed ^ (mixed >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        mixed = (mixed ^ (mixed >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return mixed ^ (mixed >> 33)
    }

    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    static func isBase32Digit(_ byte: UInt8) -> Bool { alphabet.contains(byte) }

    /// The hash's low bits in Crockford's base 32, which has no letters that look like digits.
    func base32(digits: Int) -> String {
        let bits = value
        let bytes = (0..<digits).map { Self.alphabet[Int((bits >> UInt64($0 * 5)) & 31)] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
