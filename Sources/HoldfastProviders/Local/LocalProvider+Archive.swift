import Glibc
import HoldfastCore

extension LocalProvider {
    /// How much tar writes and reads at once, in units of 512 bytes. Who reads an archive uses it
    /// too: tar stops at the archive's end mark, and with smaller records it would leave some of
    /// the padding after it, and the decompressor without a reader.
    static let recordSize = "--blocking-factor=128"

    /// How tar is told to archive a directory. No argument comes without its option's name, so
    /// none that begins with `-` is mistaken for an option.
    static func archiving(_ path: String, exclude: [String]) -> [String] {
        [
            "--create", "--file=-", Self.recordSize, "--acls", "--xattrs", "--sparse",
            "--one-file-system", "--verbose", "--quoting-style=escape", "--totals",
        ] + exclude.map { "--exclude=\($0)" } + ["--directory=\(path)", "."]
    }

    /// Archives a directory: tar writes into the compressor's pipe, and what that writes is hashed
    /// here on its way to the disk.
    func makeArchive(
        of path: String, exclude: [String], for request: BackupRequest, in folder: String
    ) async throws(ProviderError) -> MadeData {
        let tar = try tools.archiver()
        let compressor = try tools.compressor()
        let program = compressor.compression.program
        let versions = try await LocalTools.versions(
            of: [("tar", tar), (program, compressor.path)])
        guard versions["tar"]?.contains("GNU tar") == true else {
            throw ProviderError(
                .permanent,
                "\(tar) is not GNU tar but '\(versions["tar"] ?? "")'; install GNU tar")
        }
        let form = DataForm(.archive, compressor.compression)
        let writer = try DataFileWriter(creating: "\(folder)/\(form.fileName)")
        let archive = try Pipe()
        let stored = try Pipe()
        let tarWords = try Pipe()
        let words = try Pipe()
        let children = [
            Child(
                path: tar, name: "tar", arguments: Self.archiving(path, exclude: exclude),
                input: try .null(O_RDONLY), output: archive.writing, errors: tarWords.writing),
            Child(
                path: compressor.path, name: program,
                arguments: compressor.compression.compressing, input: archive.reading,
                output: stored.writing, errors: words.writing),
        ]
        let report = request.report
        let (received, ends) = await runPipeline(children) { () throws(ProviderError) in
            let received = Received(writer, report)
            try drain([
                Sink(end: stored.reading, name: program, take: received.takeData),
                Sink(end: tarWords.reading, name: "tar", take: received.takeReport),
                Sink(end: words.reading, name: program, take: received.takeWords),
            ])
            return try received.finish()
        }
        if Task.isCancelled { throw ProviderError.stopped("the backup of \(request.target.id)") }
        let made = try received.get()
        if let failure = ends[1].failure(of: program, words: made.words) { throw failure }
        let warnings = try made.report.warnings(
            after: ends[0], of: path, allowsUnreadable: request.target.allowsUnreadable)
        return MadeData(
            form: form, digest: made.digest, sourceBytes: made.report.totalBytes,
            entries: made.report.entries, warnings: warnings, tools: versions, owner: nil)
    }
}

/// What the programs of a backup write, taken apart on the one thread that reads it.
final class Received {
    struct Outcome: Sendable {
        let digest: DataDigest
        let report: TarReport
        let words: String
    }

    private var writer: DataFileWriter
    private var report = TarReport()
    private var words = BoundedWords()
    private var meter: ProgressMeter

    init(_ writer: DataFileWriter, _ report: @escaping @Sendable (TransferProgress) -> Void) {
        self.writer = writer
        self.meter = ProgressMeter(report)
    }

    func takeData(_ piece: UnsafeRawBufferPointer) throws(ProviderError) {
        try writer.append(piece)
        meter.bytes = writer.bytes
        meter.tick()
    }

    func takeReport(_ piece: UnsafeRawBufferPointer) {
        report.take(piece)
        meter.entries = report.entries
        meter.tick()
    }

    func takeWords(_ piece: UnsafeRawBufferPointer) { words.take(piece) }

    func finish() throws(ProviderError) -> Outcome {
        report.finish()
        let digest = try writer.finish()
        meter.bytes = digest.bytes
        meter.send()
        return Outcome(digest: digest, report: report, words: words.text)
    }
}
