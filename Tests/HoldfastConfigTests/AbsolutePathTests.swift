import Testing

@testable import HoldfastConfig

/// Paths as they are written in the files.
@Suite("Absolute paths")
struct AbsolutePathTests {
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
