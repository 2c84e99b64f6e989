/// A random generator whose numbers follow from its seed alone (SplitMix64), so that a failure's
/// seed replays it. Never for secrets.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Takes any seed; neighbouring seeds give unrelated numbers.
    public init(seed: UInt64) {
        state = seed
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A generator of its own for a part of a test, so that what one part draws does not move the
    /// numbers of another.
    public mutating func split() -> SeededGenerator {
        SeededGenerator(seed: next())
    }

    /// A whole number of a range, evenly.
    public mutating func number(in range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self)
    }

    /// True once in `count` times.
    public mutating func oneIn(_ count: Int) -> Bool {
        number(in: 1...count) == 1
    }

    /// One of the elements, evenly.
    ///
    /// - Precondition: there is one.
    public mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[number(in: 0...(elements.count - 1))]
    }
}
