import Testing

@testable import HoldfastConfig

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

    @Test(
        "Paths are compared by their parts",
        arguments: [
            ("/var", "/var/backups", true), ("/var", "/variable", false), ("/", "/etc", true),
            ("/etc", "/etc", true), ("/etc/a", "/etc", false),
        ])
    func paths(outer: String, inner: String, isInside: Bool) {
        #expect(AbsolutePath.contains(outer, inner) == isInside)
    }

    @Test(
        "A path is written in one way",
        arguments: [
            ("/", "/"), ("//a///b/", "/a/b"), ("/a/./b/../c", "/a/c"), ("/..", "/"),
            ("a/b", nil), ("", nil), ("/a\0b", nil),
        ] as [(String, String?)])
    func normalised(text: String, expected: String?) {
        #expect(AbsolutePath.normalised(text) == expected)
    }
}
