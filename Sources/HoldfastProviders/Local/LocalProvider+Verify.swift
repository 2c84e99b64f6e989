import Glibc
public import HoldfastCore

/// What a point was found to hold when it was read back.
public struct VerifiedPoint: Hashable, Sendable {
    /// The point, as its manifest tells it.
    public let point: RemotePoint
    /// The SHA-256 of its data as it was read now, 64 hexadecimal digits; equal to the manifest's.
    public let sha256: String
    /// Entries of the archive, or pages of the database, as they were counted now.
    public let entries: Int64
}

extension LocalProvider {
    /// Reads a point back: compares its hash with the manifest's, then decompresses it and counts
    /// an archive's entries or runs SQLite's integrity check.
    ///
    /// Needs neither the daemon nor its history. A database is unpacked into a scratch file in the
    /// repository, so that takes room and the right to write there; an archive takes neither.
    ///
    /// - Parameter report: Takes the bytes that were read.
    /// - Throws: `notFound` when there is no such point; `permanent` when it is damaged; `quota`
    ///   when there is no room for the scratch file.
    public func verify(
        _ target: TargetID, _ token: BackupToken,
        report: @escaping @Sendable (TransferProgress) -> Void
    ) async throws(ProviderError) -> VerifiedPoint {
        let (point, file) = try await openChecked(target, token, work: "verifying", report: report)
        let entries: Int64 =
            switch point.form.content {
            case .archive: try await countEntries(of: point, in: file)
            case .database: try await checkDatabase(of: point, in: file, target: target)
            }
        if let recorded = point.manifest.entries, recorded != entries {
            throw ProviderError(
                .permanent,
                "\(point.dataPath) holds \(entries) entries and its manifest says \(recorded); "
                    + "take a new backup, and look for the cause before you trust this one",
                isDamage: true)
        }
        return VerifiedPoint(point: point.remote, sha256: point.manifest.sha256, entries: entries)
    }

    /// Finds a point, reads all of its data and compares the hash. Nothing is unpacked from a file
    /// that differs.
    ///
    /// - Returns: The point and its open data file, at the first byte.
    func openChecked(
        _ target: TargetID, _ token: BackupToken, work: String,
        report: @escaping @Sendable (TransferProgress) -> Void
    ) async throws(ProviderError) -> (StoredPoint, Descriptor) {
        try await withStopFlag { stop throws(ProviderError) in
            try await blocking { [repository] () throws(ProviderError) in
                let point = try repository.completePoint(token, of: target)
                let path = point.dataPath
                let file = try Descriptor(opening: path, O_RDONLY | O_NOFOLLOW, to: "can't open")
                var meter = ProgressMeter(report)
                let found = try digest(of: file, path: path, stop: stop, work: "\(work) \(token)") {
                    meter.bytes = $0
                    meter.tick()
                }
                guard found.sha256 == point.manifest.sha256 else {
                    throw ProviderError(
                        .permanent,
                        "\(path) is damaged: its SHA-256 is \(found.sha256), and the manifest says "
                            + "\(point.manifest.sha256); do not restore from it, check the disk, "
                            + "and take a new backup", isDamage: true)
                }
                meter.send()
                try file.rewind(path)
                return (point, file)
            }
        }
    }

    private func countEntries(
        of point: StoredPoint, in file: Descriptor
    ) async throws(ProviderError) -> Int64 {
        let tar = Program(name: "tar", path: try tools.archiver())
        let (report, words) = try await unpack(
            point, from: file, into: tar,
            arguments: ["--list", "--file=-", Self.recordSize, "--quoting-style=escape"])
        try words.check("\(point.dataPath) can't be read back")
        return report.entries
    }

    private func checkDatabase(
        of point: StoredPoint, in file: Descriptor, target: TargetID
    ) async throws(ProviderError) -> Int64 {
        let partial = try await blocking { [repository] () throws(ProviderError) in
            try requireRoom(point.manifest.sourceBytes ?? 0, at: repository.root)
            return try repository.begin(point.token, of: target)
        }
        do throws(ProviderError) {
            let scratch = "\(partial.folder)/scratch.sqlite"
            try await decompress(point, from: file, into: scratch)
            let pages = try await withStopFlag { stop throws(ProviderError) in
                try await blocking { () throws(ProviderError) in
                    _ = try checkIntegrity(of: scratch, name: point.dataPath, stop: stop)
                    return try pageCount(of: scratch)
                }
            }
            await blockingCleanup { partial.abandon() }
            return pages
        } catch {
            await blockingCleanup { partial.abandon() }
            throw error
        }
    }
}

/// Refuses work for whose result there is no room.
func requireRoom(_ bytes: Int64, at path: String) throws(ProviderError) {
    let free = try freeBytes(at: path)
    guard free >= bytes else {
        throw ProviderError(
            .quota,
            "\(path) has \(ByteCount(free)) free, and \(ByteCount(bytes)) are needed; free space")
    }
}

/// The size of a database that nobody uses, in its pages.
func pageCount(of path: String) throws(ProviderError) -> Int64 {
    do throws(SQLiteFailure) {
        let rows = try SQLiteConnection(immutable: path).firstColumn(of: "PRAGMA page_count")
        return Int64(rows.first ?? "") ?? 0
    } catch {
        throw ProviderError(.permanent, "\(path) can't be read: \(error.words)")
    }
}
