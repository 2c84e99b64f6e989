import HoldfastCore
import Testing

@Suite("Patterns for names")
struct NamePatternTests {
    @Test(
        "The whole name fits, or it does not",
        arguments: [
            ("web", "web", true), ("web", "web-1", false), ("web", "Web", false), ("", "", true),
            ("", "a", false), ("*", "", true), ("*", "anything", true), ("web-*", "web-", true),
            ("web-?", "web-1", true), ("web-?", "web-", false), ("web-?", "web-12", false),
            ("*-db-*", "eu-db-1", true), ("*-db-*", "eu-db", false), ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false), ("**", "x", true), ("?*", "", false), ("ü?", "üß", true),
            ("[a-z]", "b", false), ("a.c", "abc", false),
        ])
    func fits(pattern: String, name: String, expected: Bool) {
        #expect(NamePattern(pattern).fits(name) == expected)
    }

    @Test("Many stars and a long name are no hard work")
    func hostile() {
        let pattern = NamePattern(String(repeating: "a*", count: 100) + "b")
        #expect(!pattern.fits(String(repeating: "a", count: 5000)))
    }
}
