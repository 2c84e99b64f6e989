/// One thing that is wrong with the configuration, where it stands, and what would be right.
public struct ConfigurationError: Hashable, Sendable, CustomStringConvertible {
    /// The file as it was named to the loader, or a `conf.d` file beside it.
    public let file: String
    /// Counted from 1; `nil` when the error is about the file as a whole.
    public let line: Int?
    /// Counted from 1 in Unicode scalars, as editors do for text without combining marks.
    public let column: Int?
    /// The path of the key, for example `policies.nightly.retention.keep_daily`; empty when the
    /// text could not be read far enough to know one.
    public let keyPath: String
    /// What is wrong and what would be right.
    public let message: String

    /// Takes all of it.
    public init(file: String, line: Int?, column: Int?, keyPath: String, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.keyPath = keyPath
        self.message = message
    }

    /// `file:line:column: key.path: message`, without the parts that are not known.
    public var description: String {
        var text = file
        if let line { text += ":\(line)" }
        if let column { text += ":\(column)" }
        text += ": "
        if !keyPath.isEmpty { text += keyPath + ": " }
        return text + message
    }
}

/// Everything that is wrong with the configuration, found in one reading.
public struct ConfigurationErrors: Error, Hashable, Sendable, CustomStringConvertible {
    /// How many errors `description` prints before it only counts the rest.
    public static let printedMax = 100

    /// At least one; files in the order in which they are read, then by line and column.
    public let errors: [ConfigurationError]

    /// Takes errors that are in order already.
    public init(errors: [ConfigurationError]) {
        precondition(!errors.isEmpty, "no error is no failure")
        self.errors = errors
    }

    /// One line an error, without a final line break; at most `printedMax` lines and a count of
    /// the others.
    public var description: String {
        var lines = errors.prefix(Self.printedMax).map(\.description)
        let more = errors.count - lines.count
        if more > 0 { lines.append("… and \(more) more") }
        return lines.joined(separator: "\n")
    }
}
