import HoldfastCore

/// What tar says while it works, read line by line as it comes.
///
/// The archive is made of `.`, and names are quoted so that each takes one line: a line that begins
/// with `./` is an entry, every other one is a message. Memory is bounded whatever tar says.
struct TarReport: Equatable {
    /// How many lines of each sort are kept.
    static let kept = 20
    /// How much of a line is looked at: a path has up to 4 KiB, and quoting makes four characters
    /// of a byte.
    static let lineMax = 20 * 1024
    /// How much of a line is kept.
    static let keptLineMax = 512

    /// Lines of one sort: how many there were, and the first of them.
    struct Lines: Equatable {
        private(set) var count = 0
        private(set) var first: [String] = []

        mutating func add(_ line: String) {
            count += 1
            guard first.count < TarReport.kept else { return }
            first.append(BoundedText.cut(line, to: TarReport.keptLineMax))
        }
    }

    /// Files, directories, links and everything else in the archive.
    private(set) var entries: Int64 = 0
    /// The archive's size before compression.
    private(set) var totalBytes: Int64?
    /// Files that could not be read, each with tar's reason.
    private(set) var unreadable = Lines()
    /// What went less than well and leaves a good archive: files that changed while they were read.
    private(set) var warnings = Lines()
    /// Every other message.
    private(set) var failures = Lines()

    private var line: [UInt8] = []
    private var lineIsEntry = false
    private var lineLength = 0

    /// Takes the next piece of the output; lines may be cut anywhere.
    mutating func take(_ piece: UnsafeRawBufferPointer) {
        var rest = piece[...]
        while let end = rest.firstIndex(of: 0x0A) {
            append(rest[..<end])
            endLine()
            rest = rest[(end + 1)...]
        }
        append(rest)
    }

    /// Takes the end of the output.
    mutating func finish() {
        if lineLength > 0 { endLine() }
    }

    private mutating func append(_ part: Slice<UnsafeRawBufferPointer>) {
        lineLength += part.count
        // Of an entry only its first two bytes matter.
        let limit = lineIsEntry ? 2 : Self.lineMax
        if line.count < limit { line.append(contentsOf: part.prefix(limit - line.count)) }
        lineIsEntry = line.count >= 2 && line[0] == 0x2E && line[1] == 0x2F
    }

    private mutating func endLine() {
        if lineIsEntry { entries += 1 } else { read(String(decoding: line, as: UTF8.self)) }
        line.removeAll(keepingCapacity: true)
        lineIsEntry = false
        lineLength = 0
    }

    private mutating func read(_ line: String) {
        if line.hasPrefix("Total bytes ") {
            let number = line.drop { $0 != ":" }.dropFirst(2).prefix { $0.isNumber }
            totalBytes = Int64(number)
            return
        }
        // `tar: ` or, from a build that names itself in full, `/usr/bin/tar: `.
        var message = line[...]
        if let name = line.firstRange(of: "tar: "), !line[..<name.lowerBound].contains(" ") {
            message = line[name.upperBound...]
        }
        switch Sort(message) {
        case .unreadable: unreadable.add(String(message))
        case .warning: warnings.add(String(message))
        case .failure: failures.add(String(message))
        case .chatter: break
        }
    }

    /// What a message means.
    private enum Sort {
        case unreadable, warning, failure, chatter

        init(_ message: Substring) {
            // `./NAME: WORDS` or `./NAME: WORDS: REASON`. A name may hold any words and colons, so
            // the last part that tar is known to write decides.
            let parts = message.split(separator: ": ", omittingEmptySubsequences: false)
            for index in parts.indices.reversed() {
                let isWarning = index > 0 && parts[index - 1] == "Warning"
                guard let sort = Sort(words: parts[index], ofFile: message.hasPrefix("./")) else {
                    continue
                }
                self = isWarning ? .warning : sort
                return
            }
            self = message.isEmpty ? .chatter : .failure
        }

        private init?(words: Substring, ofFile: Bool) {
            func begins(_ openings: String...) -> Bool { openings.contains { words.hasPrefix($0) } }
            if begins(
                "file changed as we read it", "File removed before we read it", "File shrank by ",
                "file is on a different filesystem", "directory has been renamed", "Warning")
            {
                self = .warning
            } else if begins("socket ignored", "door ignored", "Exiting with failure status") {
                self = .chatter
            } else if ofFile, begins("Cannot ", "Read error at byte ") {
                self = .unreadable
            } else {
                return nil
            }
        }
    }
}

extension TarReport {
    /// Reads tar's exit status in the light of what it said while it made an archive.
    ///
    /// 1 means that files changed meanwhile, 2 that something is not in the archive.
    ///
    /// - Parameter path: What was archived, for the message.
    /// - Returns: The point's warnings.
    func warnings(
        after end: ChildEnd, of path: String, allowsUnreadable: Bool
    ) throws(ProviderError) -> [String] {
        switch end {
        case .exited(0), .exited(1):
            return bounded([failures, unreadable, warnings])
        case .exited(2) where failures.count == 0 && unreadable.count > 0:
            if allowsUnreadable { return bounded([unreadable, warnings]) }
            let rest = unreadable.count - unreadable.first.count
            throw ProviderError(
                .permanent,
                "\(unreadable.count) \(unreadable.count == 1 ? "entry" : "entries") of \(path) "
                    + "can't be read: " + unreadable.first.joined(separator: "; ")
                    + (rest > 0 ? "; and \(rest) more" : "")
                    + ". Give the service's user the right to read them, leave them out with "
                    + "'exclude', or set 'allow_unreadable: true'")
        case .exited, .signalled, .notStarted:
            let words = (failures.first + unreadable.first + warnings.first).prefix(Self.kept)
            throw end.failure(of: "tar", words: words.joined(separator: "; "))
                ?? ProviderError(.transient, "tar failed")
        }
    }

    /// At most `kept` lines; the last says how many are missing.
    private func bounded(_ sorts: [Lines]) -> [String] {
        let count = sorts.reduce(0) { $0 + $1.count }
        let lines = sorts.flatMap(\.first)
        if count <= Self.kept { return lines }
        return lines.prefix(Self.kept - 1) + ["and \(count - Self.kept + 1) more messages of tar"]
    }
}
