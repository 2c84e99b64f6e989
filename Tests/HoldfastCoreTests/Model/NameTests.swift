import HoldfastCore
import Testing

@Suite("Name")
struct NameTests {
    @Test(
        "A name has 1 to 63 of a-z, 0-9 and '-', with a letter or digit at its ends",
        arguments: [
            "a", "0", "web-1", "a--b", "0-0", String(repeating: "x", count: 63),
        ])
    func accepts(text: String) throws {
        #expect(try PolicyID(text).text == text)
        #expect(try TargetID(text).description == text)
    }

    @Test(
        "Any other text is refused with the rule that it breaks",
        arguments: [
            ("", "a name has at least one character"),
            (String(repeating: "x", count: 64), "a name has at most 63 characters"),
            ("Web", "a name has only a to z, 0 to 9 and '-'"),
            ("web_1", "a name has only a to z, 0 to 9 and '-'"),
            ("web 1", "a name has only a to z, 0 to 9 and '-'"),
            ("wéb", "a name has only a to z, 0 to 9 and '-'"),
            ("we\u{301}b", "a name has only a to z, 0 to 9 and '-'"),
            ("a/b", "a name has only a to z, 0 to 9 and '-'"),
            ("..", "a name has only a to z, 0 to 9 and '-'"),
            ("a\0", "a name has only a to z, 0 to 9 and '-'"),
            ("-web", "a name begins and ends with a letter or digit"),
            ("web-", "a name begins and ends with a letter or digit"),
            ("-", "a name begins and ends with a letter or digit"),
        ])
    func rejects(text: String, reason: String) {
        let error = #expect(throws: InvalidName.self) { try ProviderID(text) }
        #expect(error?.reason == reason)
    }

    @Test("Names and assignments sort by their bytes")
    func order() {
        let names = ["b", "a-1", "a", "a1", "0"].map { PolicyID(trusted: $0) }
        #expect(names.sorted().map(\.text) == ["0", "a", "a-1", "a1", "b"])
        let assignments = [("b", "a"), ("a", "z"), ("a", "b")].map {
            Assignment(policy: PolicyID(trusted: $0), target: TargetID(trusted: $1))
        }
        #expect(assignments.sorted().map(\.description) == ["a/b", "a/z", "b/a"])
    }
}
