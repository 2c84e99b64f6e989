/// Finds the name that was probably meant.
public enum Suggestion {
    /// More names than this are not listed in a message.
    public static let listedMax = 16

    /// The clause that ends a message about an unknown word: the nearest known one, or the list.
    public static func clause(for text: String, among known: [String]) -> String {
        if let nearest = nearest(to: text, among: known) { return "; did you mean '\(nearest)'?" }
        return known.count <= listedMax && !known.isEmpty ? "; use " + alternatives(known) : ""
    }

    /// `a`, `a or b`, `a, b or c`.
    public static func alternatives(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }

    /// The known word with the fewest slips of the keyboard, upper and lower case being the same;
    /// one slip for words of up to three characters, two for longer ones. The first of equals.
    public static func nearest(to text: String, among known: [String]) -> String? {
        let wanted = Array(text.lowercased().utf8)
        guard !wanted.isEmpty, wanted.count <= 128 else { return nil }
        var best: (word: String, distance: Int)?
        for word in known {
            let candidate = Array(word.lowercased().utf8)
            let limit = min(
                min(wanted.count, candidate.count) <= 3 ? 1 : 2, (best?.distance ?? 3) - 1)
            guard limit >= 0, abs(candidate.count - wanted.count) <= limit else { continue }
            let found = distance(wanted, candidate)
            if found <= limit { best = (word, found) }
        }
        return best?.word
    }

    /// Levenshtein's distance with neighbours swapped counted as one slip.
    static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...second.count)
        for row in first.indices {
            var current = [row + 1]
            current.reserveCapacity(second.count + 1)
            for column in second.indices {
                let isSame = first[row] == second[column]
                var cost = min(
                    previous[column] + (isSame ? 0 : 1), previous[column + 1] + 1,
                    current[column] + 1)
                if row > 0, column > 0, first[row] == second[column - 1],
                    first[row - 1] == second[column]
                {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[second.count]
    }
}
