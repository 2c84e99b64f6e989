import HoldfastCore
import HoldfastTesting
import Testing

@Suite("BoundedText")
struct BoundedTextTests {
    @Test("A text within the limit stays whole")
    func short() {
        let text = String(repeating: "ä", count: 100)
        #expect(BoundedText.cut(text, to: 200) == text)
        #expect(BoundedText.cut("", to: 0) == "")
    }

    @Test("A long text keeps its ends and says how much is missing")
    func long() {
        let text = String(repeating: "a", count: 500) + String(repeating: "b", count: 500)
        let half = String(repeating: "a", count: 68)
        #expect(
            BoundedText.cut(text, to: 200)
                == half + "\n[… 864 bytes left out …]\n" + half.replacing("a", with: "b"))
    }

    @Test("A cut text is within its limit, wherever the characters end", arguments: UInt64(1)...100)
    func limit(seed: UInt64) {
        var rng = SeededGenerator(seed: seed)
        var text = ""
        for _ in 0..<rng.number(in: 0...400) { text += rng.pick(["a", "ä", "中", "😀", "\n"]) }
        let limit = rng.number(in: 64...600)
        let cut = BoundedText.cut(text, to: limit)
        #expect(cut.utf8.count <= limit)
        #expect(text.utf8.count > limit || cut == text)
    }

    @Test("A run's output is bounded")
    func output() {
        let ending = RunEnding(state: .failed, output: String(repeating: "x", count: 100_000))
        #expect((ending.output?.utf8.count ?? 0) <= RunEnding.outputMax)
        #expect(ending.output?.contains("bytes left out") == true)
    }
}
