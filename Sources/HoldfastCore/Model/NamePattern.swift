/// A pattern for names: `*` stands for any text, none included, `?` for one character; all else for
/// itself, capitals included.
public struct NamePattern: Hashable, Sendable {
    private let characters: [Character]

    /// Takes any text.
    public init(_ text: String) {
        characters = Array(text)
    }

    /// Whether the whole of a name fits.
    ///
    /// - Complexity: O(*n* · *m*) at worst: only the last `*` is ever tried again.
    public func fits(_ name: String) -> Bool {
        let name = Array(name)
        var (at, place) = (0, 0)
        var retry: (at: Int, place: Int)?
        while place < name.count {
            if at < characters.count, characters[at] == "*" {
                at += 1
                retry = (at, place)
            } else if at < characters.count, characters[at] == "?" || characters[at] == name[place]
            {
                (at, place) = (at + 1, place + 1)
            } else if let last = retry {
                retry = (last.at, last.place + 1)
                (at, place) = (last.at, last.place + 1)
            } else {
                return false
            }
        }
        return characters[at...].allSatisfy { $0 == "*" }
    }
}
