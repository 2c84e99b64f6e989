import HoldfastTesting
import Testing

@Suite("SeededGenerator")
struct SeededGeneratorTests {
    @Test("The numbers are those that SplitMix64 is published with")
    func published() {
        var rng = SeededGenerator(seed: 1_234_567)
        let numbers = (0..<3).map { _ in rng.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }

    @Test("A split generator draws its own numbers and moves its parent by one")
    func split() {
        var first = SeededGenerator(seed: 5)
        var second = SeededGenerator(seed: 5)
        var child = first.split()
        for _ in 0..<10 { _ = child.next() }
        _ = second.next()
        #expect(first.next() == second.next())
    }
}
