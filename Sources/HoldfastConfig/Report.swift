/// A place in a file; both numbers count from 1.
struct Position: Hashable, Comparable, Sendable {
    let line: Int
    let column: Int

    static let start = Position(line: 1, column: 1)

    static func < (lhs: Position, rhs: Position) -> Bool {
        (lhs.line, lhs.column) < (rhs.line, rhs.column)
    }
}

/// A place in one of the files, for messages that name two places.
struct Place: Hashable, Sendable, CustomStringConvertible {
    let file: String
    let position: Position

    var description: String { "\(file):\(position.line):\(position.column)" }
}

/// Collects what is wrong while the files are read; lives for one load.
final class Report {
    /// Looking for the nearest name costs time in proportion to the names; after so many errors
    /// nobody reads the hints.
    static let suggestionMax = 200

    /// More errors than this are counted by nobody; memory stays bounded.
    static let keptMax = 10_000

    private var errors: [ConfigurationError] = []
    private(set) var errorCount = 0
    private(set) var warnings: [String] = []
    private var fileOrder: [String: Int] = [:]

    var wantsSuggestions: Bool { errorCount < Self.suggestionMax }

    /// Notes that a file is read now; errors come out in this order of files.
    func begin(file: String) {
        if fileOrder[file] == nil { fileOrder[file] = fileOrder.count }
    }

    func error(_ file: String, _ position: Position?, _ keyPath: String, _ message: String) {
        begin(file: file)
        errorCount += 1
        guard errors.count < Self.keptMax else { return }
        errors.append(
            ConfigurationError(
                file: file, line: position?.line, column: position?.column, keyPath: keyPath,
                message: message))
    }

    func warn(_ place: Place, _ keyPath: String, _ message: String) {
        warnings.append("\(place): \(keyPath): \(message)")
    }

    /// All errors in their order, or nothing when there is none.
    func failure() -> ConfigurationErrors? {
        guard !errors.isEmpty else { return nil }
        let ordered = errors.enumerated().sorted { first, second in
            let (left, right) = (first.element, second.element)
            let leftKey = (fileOrder[left.file] ?? 0, left.line ?? 0, left.column ?? 0)
            let rightKey = (fileOrder[right.file] ?? 0, right.line ?? 0, right.column ?? 0)
            return leftKey == rightKey ? first.offset < second.offset : leftKey < rightKey
        }
        return ConfigurationErrors(errors: ordered.map(\.element))
    }
}

/// Writes text from a file into a message: in quotes, on one line, not longer than a line bears.
func quoted(_ text: some StringProtocol) -> String {
    let limit = 60
    var result = "'"
    var count = 0
    for scalar in text.unicodeScalars {
        guard count < limit else {
            result += "…"
            break
        }
        if scalar.properties.generalCategory == .control || scalar.value == 0x2028 {
            result += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
        } else {
            result.unicodeScalars.append(scalar)
        }
        count += 1
    }
    return result + "'"
}
