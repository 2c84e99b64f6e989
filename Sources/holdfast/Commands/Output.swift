import Foundation
import Glibc
import HoldfastControl
import HoldfastCore

/// Standard output and standard error.
enum Output {
    static func line(_ text: String = "") {
        part(text + "\n")
    }

    /// A part of a long text, without a newline of its own.
    static func part(_ text: String) {
        let failure = write(text, to: STDOUT_FILENO)
        guard failure != 0 else { return }
        if failure == EPIPE {
            // Who reads has enough, such as 'head': the end that a shell expects of it.
            signal(SIGPIPE, SIG_DFL)
            raise(SIGPIPE)
        }
        error(
            "holdfast: standard output can't be written: \(String(cString: strerror(failure))); what is "
                + "shown is not whole")
        exit(Exit.failed.rawValue)
    }

    static func error(_ text: String) {
        // Where even this can't be written there is nobody to tell.
        _ = write(text + "\n", to: STDERR_FILENO)
    }

    /// Writes all of it; 0, or the error's number.
    private static func write(_ text: String, to descriptor: Int32) -> Int32 {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // A terminal or pipe that somebody else made non-blocking.
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wait, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }

    static func json(_ value: some Encodable) throws {
        line(try WireCoding.pretty(value))
    }

    /// Whether a person watches standard error, where progress goes.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Replaces the progress line on a terminal; elsewhere nothing.
    static func progress(_ text: String) {
        guard isTerminal else { return }
        _ = write("\r\u{1B}[K\(text)", to: STDERR_FILENO)
    }

    /// Removes the progress line.
    static func endProgress() {
        guard isTerminal else { return }
        _ = write("\r\u{1B}[K", to: STDERR_FILENO)
    }
}

/// Rows under a heading, each column as wide as its widest cell.
struct Table {
    private let columns: [String]
    private var rows: [[String]] = []

    init(_ columns: [String]) {
        self.columns = columns
    }

    /// Adds a row; text from outside is made harmless for a terminal.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a cell for each column")
        rows.append(cells.map(Self.harmless))
    }

    var text: String {
        let all = [columns] + rows
        let widths = columns.indices.map { column in
            all.map { $0[column].count }.max() ?? 0
        }
        return all.map { row in
            zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: max(0, width - cell.count))
            }.joined(separator: "  ").trimmingSuffix(" ")
        }.joined(separator: "\n")
    }

    func print(ifEmpty notice: String) {
        Output.line(rows.isEmpty ? notice : text)
    }

    static func harmless(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}

extension String {
    fileprivate func trimmingSuffix(_ character: Character) -> String {
        var text = self
        while text.last == character { text.removeLast() }
        return text
    }
}

/// How values are written for people.
enum Show {
    static let none = "-"

    /// `1 target`, `2 targets`.
    static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(number) \(number == 1 ? one : many ?? one + "s")"
    }

    static func instant(_ instant: Timestamp?) -> String {
        instant?.roundedDownToSecond.rfc3339 ?? none
    }

    /// `12.0 MiB, 40 entries, 37 %`; `nil` where nobody tells.
    static func progress(of job: JobWire) -> String? {
        let parts = [
            job.progressBytes.map { bytes($0) },
            job.progressEntries.map { count(Int($0), "entry", "entries") },
            job.progressPercent.map { "\($0) %" },
        ].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    static func bytes(_ bytes: Int64?) -> String {
        bytes.map { ByteCount($0).description } ?? none
    }

    static func number(_ number: Int64?) -> String {
        number.map(String.init) ?? none
    }

    static func seconds(_ seconds: Int64?) -> String {
        seconds.map { DurationText.brief(.seconds($0)) } ?? none
    }

    /// `340ms`, `3.2s`, `1m5s`.
    static func milliseconds(_ count: Int64?) -> String {
        guard let count else { return none }
        switch count {
        case ..<1000: return "\(count)ms"
        case ..<60_000: return "\(count / 1000).\(count % 1000 / 100)s"
        default: return DurationText.brief(.milliseconds(count))
        }
    }

    /// `restored in 3.2s`, `read` or `seen`.
    static func proof(_ word: String?, _ milliseconds: Int64?) -> String {
        guard let word else { return none }
        return milliseconds.map { "\(word) in \(Self.milliseconds($0))" } ?? word
    }

    /// `3h5m ago`, or `in 20m`.
    static func age(of instant: Timestamp?, at now: Timestamp) -> String {
        guard let instant else { return none }
        let distance = now - instant
        return distance < .zero
            ? "in \(DurationText.brief(.zero - distance))" : "\(DurationText.brief(distance)) ago"
    }

    /// The first line of a text, at most so long.
    static func brief(_ text: String?, to count: Int = 100) -> String {
        guard let line = text?.split(separator: "\n").first else { return none }
        return line.count <= count ? String(line) : line.prefix(count - 1) + "…"
    }

    /// The local time with its offset: `2026-03-29 03:00 +02:00`.
    static func local(_ instant: Timestamp, in zone: TimeZoneRules) -> String {
        let offset = zone.offset(at: instant.seconds)
        let wall = Timestamp(seconds: instant.seconds + offset).rfc3339
        let sign = offset < 0 ? "-" : "+"
        let minutes = abs(offset) / 60
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return wall.prefix(10) + " " + wall.dropFirst(11).prefix(5)
            + " \(sign)\(two(minutes / 60)):\(two(minutes % 60))"
    }
}
