/// How many of each kind a new account holds, as `--estate` writes it.
struct EstateCounts: Hashable, Sendable {
    private static let countMax = 1_000_000

    private var counts: [String: Int] = [:]

    /// Reads `droplets=10000,volumes=200`; what is not named is 0.
    ///
    /// - Parameter kinds: What may be named.
    /// - Throws: `InvalidEstate`.
    init(_ text: String, of kinds: [String]) throws(InvalidEstate) {
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, kinds.contains(String(parts[0])), let count = Int(parts[1]),
                (0...Self.countMax).contains(count)
            else { throw InvalidEstate(item: String(item), kinds: kinds) }
            counts[String(parts[0])] = count
        }
    }

    /// How many of a kind.
    subscript(_ kind: String) -> Int { counts[kind] ?? 0 }
}

/// A text that describes no estate.
public struct InvalidEstate: Error, Hashable, CustomStringConvertible, Sendable {
    /// The item that was not understood.
    public let item: String
    /// What the vendor has.
    let kinds: [String]

    /// What is wrong, and what would be right.
    public var description: String {
        let known = kinds.map { "\($0)=N" }
        let list = known.dropLast().joined(separator: ", ")
        return "'\(item)' is no part of an estate; use \(list) and \(known.last ?? "nothing") with "
            + "commas, each N from 0 to 1000000"
    }
}
