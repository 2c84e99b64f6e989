import HoldfastCore
import Testing

@testable import HoldfastProviders

private func report(_ text: String, pieceSize: Int = .max) -> TarReport {
    var report = TarReport()
    let bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
        let end = start + min(pieceSize, bytes.count - start)
        bytes[start..<end].withUnsafeBytes { report.take($0) }
        start = end
    }
    report.finish()
    return report
}

@Suite("What tar says")
struct TarReportTests {
    private static let example = """
        ./
        ./a
        tar: ./secret: Cannot open: Permission denied
        ./caf\u{E9}\\nwith newline
        tar: ./log: file changed as we read it
        tar: ./s: socket ignored
        Total bytes written: 10240 (10KiB, 29MiB/s)
        tar: Exiting with failure status due to previous errors

        """

    @Test(
        "Entries, the size and messages are told apart, wherever the output is cut",
        arguments: [1, 2, 3, 7, 64, Int.max])
    func pieces(size: Int) {
        let found = report(Self.example, pieceSize: size)
        #expect(found.entries == 3)
        #expect(found.totalBytes == 10240)
        #expect(found.unreadable.first == ["./secret: Cannot open: Permission denied"])
        #expect(found.warnings.first == ["./log: file changed as we read it"])
        #expect(found.failures.count == 0)
    }

    enum Sort { case unreadable, warning, failure, chatter }

    @Test(
        "A message counts as what tar means by it, whatever words a name holds",
        arguments: [
            ("tar: ./d: Cannot open: Permission denied", Sort.unreadable),
            ("tar: ./d: Cannot stat: Permission denied", .unreadable),
            ("tar: ./l: Cannot readlink: Permission denied", .unreadable),
            (
                "tar: ./f: Read error at byte 0, while reading 512 bytes: Input/output error",
                .unreadable
            ),
            ("/usr/bin/tar: ./d: Cannot open: Permission denied", .unreadable),
            ("tar: ./f: file changed as we read it", .warning),
            ("tar: ./f: File removed before we read it", .warning),
            ("tar: ./f: File shrank by 4094 bytes; padding with zeros", .warning),
            ("tar: ./mnt/: file is on a different filesystem; not dumped", .warning),
            ("tar: ./f: Warning: Cannot flistxattr: Operation not supported", .warning),
            ("tar: ./Cannot open: x: file changed as we read it", .warning),
            ("tar: ./file changed as we read it: Cannot open: Permission denied", .unreadable),
            ("tar: ./socket: socket ignored", .chatter),
            ("tar: Exiting with failure status due to previous errors", .chatter),
            ("tar: /srv: Cannot open: No such file or directory", .failure),
            ("tar: Error is not recoverable: exiting now", .failure),
            ("tar: -: Cannot write: Broken pipe", .failure),
        ])
    func sorts(line: String, sort: Sort) {
        let found = report(line + "\n")
        #expect(found.entries == 0)
        #expect(found.unreadable.count == (sort == .unreadable ? 1 : 0))
        #expect(found.warnings.count == (sort == .warning ? 1 : 0))
        #expect(found.failures.count == (sort == .failure ? 1 : 0))
    }

    @Test("Of many messages the first twenty are kept and all are counted; long ones are cut")
    func bounds() {
        let name = String(repeating: "x", count: 100_000)
        let found = report(
            String(repeating: "tar: ./f: Cannot open: Permission denied\n", count: 5000)
                + "tar: \(name)\n")
        #expect(found.unreadable.count == 5000)
        #expect(found.unreadable.first.count == 20)
        #expect(found.failures.count == 1)
        #expect(found.failures.first.allSatisfy { $0.utf8.count <= TarReport.keptLineMax })
    }

    @Test("Files that changed meanwhile make warnings")
    func changed() throws {
        let found = report("./\ntar: ./log: file changed as we read it\n")
        let warnings = try found.warnings(after: .exited(1), of: "/srv", allowsUnreadable: false)
        #expect(warnings == ["./log: file changed as we read it"])
    }

    @Test("Unreadable files fail the backup and are named, with what to do")
    func unreadable() throws {
        let lines = (1...25).map { "tar: ./f\($0): Cannot open: Permission denied\n" }
        let error = #expect(throws: ProviderError.self) {
            try report("./\n" + lines.joined()).warnings(
                after: .exited(2), of: "/srv", allowsUnreadable: false)
        }
        let message = try #require(error?.message)
        #expect(error?.kind == .permanent)
        #expect(message.hasPrefix("25 entries of /srv can't be read: ./f1: Cannot open: "))
        #expect(message.contains("./f20: ") && !message.contains("./f21: "))
        #expect(message.contains("; and 5 more. "))
        #expect(message.contains("'exclude'") && message.contains("'allow_unreadable: true'"))
    }

    @Test("Allowed unreadable files make warnings, twenty at most")
    func allowed() throws {
        let lines = (1...25).map { "tar: ./f\($0): Cannot open: Permission denied\n" }
        let warnings = try report("./\n" + lines.joined()).warnings(
            after: .exited(2), of: "/srv", allowsUnreadable: true)
        #expect(warnings.count == 20)
        #expect(warnings.last == "and 6 more messages of tar")
    }

    @Test(
        "Any other failure of tar is an error with tar's words, allowed unreadable files or not",
        arguments: [
            (ChildEnd.exited(2), ProviderError.Kind.transient), (.exited(64), .transient),
            (.signalled(9), .transient), (.notStarted("no such file"), .permanent),
        ])
    func failures(end: ChildEnd, kind: ProviderError.Kind) throws {
        let found = report(
            "tar: ./f: Cannot open: Permission denied\ntar: memory exhausted\n")
        let error = #expect(throws: ProviderError.self) {
            try found.warnings(after: end, of: "/srv", allowsUnreadable: true)
        }
        #expect(error?.kind == kind)
        if case .exited = end { #expect(error?.message.contains("memory exhausted") == true) }
    }
}
