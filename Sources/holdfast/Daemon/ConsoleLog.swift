import Foundation
import Glibc
import HoldfastCore
import Logging

/// Writes one line an entry to standard error: under the journal with the priority prefix `<N>`
/// that systemd reads, elsewhere with the time and the level.
struct ConsoleLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let isJournal: Bool
    private let wall: any WallClock

    init(level: Logger.Level, wall: any WallClock, isJournal: Bool = ConsoleLog.isJournal) {
        logLevel = level
        self.isJournal = isJournal
        self.wall = wall
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        if let more = event.metadata { fields.merge(more) { _, new in new } }
        let tail = fields.sorted { $0.key < $1.key }
            .map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
        let head =
            isJournal
            ? "<\(event.level.syslogPriority)>"
            : "\(wall.now.rfc3339) \(event.level.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)) "
        let line = "\(head)\(event.message)\(tail)\n"
        // One write a line, so that lines of several threads do not mix.
        var bytes = Array(line.utf8)
        _ = write(STDERR_FILENO, &bytes, bytes.count)
    }

    /// Text from outside stays one field on one line.
    static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x7F }
        if isPlain { return text }
        var json = CanonicalJSON()
        json.append(BoundedText.cut(text, to: 4096))
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Whether standard error is the journal's own stream, as `JOURNAL_STREAM` says.
    static var isJournal: Bool {
        guard let stream = ProcessInfo.processInfo.environment["JOURNAL_STREAM"] else {
            return false
        }
        var info = stat()
        guard fstat(STDERR_FILENO, &info) == 0 else { return false }
        return stream == "\(info.st_dev):\(info.st_ino)"
    }
}

extension Logger.Level {
    fileprivate var syslogPriority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
