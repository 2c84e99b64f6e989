import HoldfastCore
import HoldfastTesting
import Testing

@Suite("BackupToken")
struct BackupTokenTests {
    private func slot(_ policy: String, _ target: String, _ opens: Timestamp) -> SlotKey {
        SlotKey(
            assignment: Assignment(
                policy: PolicyID(trusted: policy), target: TargetID(trusted: target)),
            opens: opens)
    }

    @Test("A slot's token never changes, not with a new version either")
    func stable() throws {
        let opens = try #require(Timestamp(rfc3339: "2026-03-29T01:00:00Z"))
        #expect(
            slot("nightly", "web-1", opens).token.text == "hf-twmvqtdbnq-20260329T010000Z")
        #expect(slot("nightly", "web-1", opens).token == slot("nightly", "web-1", opens).token)
    }

    @Test(
        "A token has 30 characters of letters, digits and '-', and is read back",
        arguments: UInt64(1)...50)
    func shape(seed: UInt64) {
        var rng = SeededGenerator(seed: seed)
        let opens = Timestamp(seconds: Int64(rng.number(in: 0...250_000_000_000)))
        let token = slot("p\(rng.number(in: 0...999))", "t\(seed)", opens).token
        #expect(token.text.utf8.count == 30)
        #expect(
            token.text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
                    || byte == 0x54 || byte == 0x5A
            })
        #expect(BackupToken(token.text) == token)
    }

    @Test("Different slots have different tokens")
    func distinct() {
        var tokens: Set<BackupToken> = []
        let start = Timestamp(seconds: 1_780_000_000)
        for policy in 0..<10 {
            for target in 0..<40 {
                for hour in 0..<20 {
                    tokens.insert(
                        slot("p\(policy)", "t\(target)", start + .hours(hour)).token)
                }
            }
        }
        #expect(tokens.count == 8000)
    }

    @Test("Policy and target can't be swapped or run into each other")
    func separated() {
        let opens = Timestamp(seconds: 1_780_000_000)
        let tokens = [
            slot("a", "b", opens), slot("b", "a", opens), slot("ab", "c", opens),
            slot("a", "bc", opens),
        ].map(\.token)
        #expect(Set(tokens).count == 4)
    }

    @Test("A fraction of a second makes no other slot")
    func wholeSeconds() {
        let opens = Timestamp(seconds: 1_780_000_000)
        #expect(slot("a", "b", opens) == slot("a", "b", opens + .milliseconds(999)))
    }

    @Test(
        "Any other name is no token",
        arguments: [
            "", "hf-", "hf-0000000000-20260329T010000", "hf-0000000000-20260329T010000Zx",
            "hx-0000000000-20260329T010000Z", "hf-000000000O-20260329T010000Z",
            "hf-000000000u-20260329T010000Z", "hf-000000000i-20260329T010000Z",
            "hf-0000000000_20260329T010000Z", "hf-0000000000-20260329 010000Z",
            "hf-0000000000-2026032aT010000Z", "hf-0000000000-20260329T01000aZ",
            "HF-0000000000-20260329T010000Z", "hf-00000000é-20260329T010000Z",
            "hf-0000000000-20260329T010000z",
        ])
    func rejects(text: String) {
        #expect(BackupToken(text) == nil)
    }

    @Test("A token is read out of a longer text's part")
    func substring() {
        let name = "hf-0000000000-20260329T010000Z.tar"
        #expect(BackupToken(name.dropLast(4))?.text == "hf-0000000000-20260329T010000Z")
    }
}
