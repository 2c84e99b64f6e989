import GRDBSQLite
import Glibc
import HoldfastCore

extension LocalProvider {
    /// Copies a database into the partial folder, checks the copy and compresses it. The entries
    /// of such a point are the database's pages.
    func copyDatabase(
        _ path: String, for request: BackupRequest, in folder: String
    ) async throws(ProviderError) -> MadeData {
        let compressor = try tools.compressor()
        let program = compressor.compression.program
        var versions = try await LocalTools.versions(of: [(program, compressor.path)])
        versions["sqlite"] = String(cString: sqlite3_libversion())
        let scratch = "\(folder)/scratch.sqlite"
        let report = request.report
        let copied = try await withStopFlag { stop throws(ProviderError) in
            try await blocking { () throws(ProviderError) in
                try Self.checkedCopy(of: path, at: scratch, stop: stop, report: report)
            }
        }
        let form = DataForm(.database, compressor.compression)
        let (digest, words, end) = try await compress(
            scratch, into: "\(folder)/\(form.fileName)", by: compressor, report: report)
        if Task.isCancelled { throw ProviderError.stopped("the backup of \(request.target.id)") }
        let made = try digest.get()
        if let failure = end.failure(of: program, words: words) { throw failure }
        guard unlink(scratch) == 0 else { throw .system(errno, "can't remove \(scratch)") }
        return MadeData(
            form: form, digest: made, sourceBytes: copied.bytes, entries: copied.pages,
            warnings: copied.warnings, tools: versions, owner: copied.owner)
    }

    private struct Copied: Sendable {
        let bytes: Int64
        let pages: Int64
        let warnings: [String]
        let owner: Manifest.Ownership
    }

    private static func checkedCopy(
        of path: String, at scratch: String, stop: StopFlag,
        report: @escaping @Sendable (TransferProgress) -> Void
    ) throws(ProviderError) -> Copied {
        let original = try statusOfDatabase(path)
        let file = try Descriptor(
            opening: scratch, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, to: "can't create")
        try file.setMode(0o600, of: scratch)
        var meter = ProgressMeter(report)
        try SQLiteCopy(
            source: path, stop: stop,
            progress: { bytes in
                meter.bytes = bytes.bytes
                meter.tick()
            }
        ).copy(to: scratch)
        var warnings = try checkIntegrity(of: scratch, name: path, stop: stop)
        let pages = try pageCount(of: scratch)
        if pages <= 1 { warnings.append("\(path) is an empty database: it has no table yet") }
        let mode = String(original.st_mode & 0o777, radix: 8)
        return Copied(
            bytes: Int64(try file.status(of: scratch).st_size), pages: pages, warnings: warnings,
            owner: Manifest.Ownership(mode: mode, uid: original.st_uid, gid: original.st_gid))
    }

    /// Examines the file, and refuses one that SQLite's lenience would take for an empty database.
    private static func statusOfDatabase(_ path: String) throws(ProviderError) -> stat {
        let file = try Descriptor(opening: path, O_RDONLY, to: "can't open")
        let status = try file.status(of: path)
        let magic = Array("SQLite format 3".utf8) + [0]
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: magic.count, alignment: 16)
        defer { buffer.deallocate() }
        let count = try file.read(into: buffer, from: path)
        guard count == 0 || buffer[..<count].elementsEqual(magic) else {
            throw SQLiteCopy.noDatabase(path)
        }
        return status
    }

    private func compress(
        _ source: String, into path: String, by compressor: Compressor,
        report: @escaping @Sendable (TransferProgress) -> Void
    ) async throws(ProviderError) -> (Result<DataDigest, ProviderError>, String, ChildEnd) {
        let writer = try DataFileWriter(creating: path)
        let stored = try Pipe()
        let words = try Pipe()
        let program = compressor.compression.program
        let child = Child(
            path: compressor.path, name: program, arguments: compressor.compression.compressing,
            input: try Descriptor(opening: source, O_RDONLY, to: "can't open"),
            output: stored.writing, errors: words.writing)
        let (received, ends) = await runPipeline([child]) { () throws(ProviderError) in
            let received = Received(writer, report)
            try drain([
                Sink(end: stored.reading, name: program, take: received.takeData),
                Sink(end: words.reading, name: program, take: received.takeWords),
            ])
            return try received.finish()
        }
        switch received {
        case .success(let made): return (.success(made.digest), made.words, ends[0])
        case .failure(let error): return (.failure(error), "", ends[0])
        }
    }
}
