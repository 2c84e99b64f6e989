/// Paths as text: nothing here looks at a disk.
enum AbsolutePath {
    /// Linux takes no longer path, its closing NUL included.
    static let lengthMax = 4095

    /// The path without `.`, `..`, repeated and trailing slashes; `nil` when it is not absolute
    /// or can't be a path. Symbolic links are not followed, so `..` is taken by its letters.
    static func normalised(_ text: String) -> String? {
        guard text.utf8.first == UInt8(ascii: "/"), text.utf8.count <= lengthMax,
            !text.utf8.contains(0)
        else { return nil }
        var parts: [Substring] = []
        for part in text.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    static func problem(with text: String) -> String {
        if text.utf8.count > lengthMax { return "the path is longer than \(lengthMax) bytes" }
        if text.utf8.contains(0) { return "a path can't have a NUL character; remove it" }
        return "\(quoted(text)) is not an absolute path; begin it with '/'"
    }

    /// Whether a normalised path is another one or lies under it.
    static func contains(_ outer: String, _ inner: String) -> Bool {
        outer == inner || outer == "/" || inner.hasPrefix(outer + "/")
    }
}
