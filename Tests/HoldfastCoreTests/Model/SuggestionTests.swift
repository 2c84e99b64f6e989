import Testing

@testable import HoldfastCore

/// Which name was probably meant.
@Suite("Suggestions")
struct SuggestionTests {
    @Test(
        "The nearest name is found within two slips, one for short names",
        arguments: [
            ("nigthly", ["nightly", "weekly"], "nightly"),
            ("nihgtyl", ["nightly"], "nightly"),
            ("nihgtylx", ["nightly"], nil),
            ("sun", ["SUN", "MON"], "SUN"),
            ("a", ["b"], "b"),
            ("ab", ["cd"], nil),
            ("day", ["days", "data"], "days"),
            ("", ["a"], nil),
            ("plan", ["plans", "plane"], "plans"),
            ("weekly", [], nil),
        ] as [(String, [String], String?)])
    func nearest(text: String, known: [String], expected: String?) {
        #expect(Suggestion.nearest(to: text, among: known) == expected)
    }
}
