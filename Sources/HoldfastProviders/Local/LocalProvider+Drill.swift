import Glibc
public import HoldfastCore
import Synchronization

extension LocalProvider: DrillingProvider {
    /// Reads all data of a point and compares its hash, unpacks it as a restore would, counts its
    /// entries or runs SQLite's integrity check, lets the caller look, and removes it again.
    ///
    /// - Throws: `notFound` when there is no such point; `quota` without room; with `isDamage` for
    ///   a manifest, a hash, a number of entries or an integrity check that is wrong. A point whose
    ///   hash is right and that can't be unpacked is not called damaged: a full disk looks the
    ///   same.
    public func drill(_ request: DrillRequest) async throws(ProviderError) -> DrillReport {
        let (point, file) = try await openChecked(
            request.target, request.point.token, work: "reading", report: request.report)
        let scratch = try await blocking { [repository] () throws(ProviderError) in
            try repository.openScratch(for: point)
        }
        let outcome: Result<DrillReport, ProviderError>
        do throws(ProviderError) {
            outcome = .success(try await prove(point, file, in: scratch, request))
        } catch {
            outcome = .failure(error)
        }
        let leftover = Mutex<ProviderError?>(nil)
        // A drill that was cancelled cleans up all the same.
        await blockingCleanup {
            do throws(ProviderError) {
                try scratch.remove()
            } catch {
                leftover.withLock { $0 = error }
            }
        }
        let report = try outcome.get()
        if let error = leftover.withLock({ $0 }) {
            throw ProviderError(
                .permanent,
                "\(point.token) was unpacked and is whole, and the copy can't be removed again: "
                    + error.message)
        }
        return report
    }

    private func prove(
        _ point: StoredPoint, _ file: Descriptor, in scratch: Scratch, _ request: DrillRequest
    ) async throws(ProviderError) -> DrillReport {
        let began = request.clock()
        let took: Duration
        let entries: Int64
        var restored = scratch.place
        switch point.form.content {
        case .archive:
            entries = try await unpackArchive(point, from: file, to: scratch.place, request)
            took = request.clock() - began
        case .database:
            restored += "/" + databaseName(of: point)
            try await decompress(point, from: file, into: restored)
            took = request.clock() - began
            entries = try await checkedPages(of: point, at: restored)
        }
        if let recorded = point.manifest.entries, recorded != entries {
            throw ProviderError(
                .permanent,
                "\(point.dataPath) held \(entries) entries when it was unpacked, and its manifest "
                    + "says \(recorded); take a new backup, and look for the cause before you "
                    + "trust this one", isDamage: true)
        }
        try await request.inspect(
            DrillRequest.Place(directory: scratch.place, restored: restored))
        return DrillReport(
            restoreTime: took, entries: entries,
            storedBytes: ByteCount(point.manifest.storedBytes))
    }

    private func unpackArchive(
        _ point: StoredPoint, from file: Descriptor, to directory: String, _ request: DrillRequest
    ) async throws(ProviderError) -> Int64 {
        let tar = Program(name: "tar", path: try tools.archiver())
        let bytes = point.manifest.storedBytes
        let report = request.report
        let meter = Mutex(ProgressMeter(report))
        let (listing, words) = try await unpack(
            point, from: file, into: tar, arguments: Self.trying(in: directory)
        ) { entries in
            meter.withLock {
                $0.bytes = bytes
                $0.entries = entries
                $0.tick()
            }
        }
        if !words.onlyMissDevices {
            try words.check("\(point.dataPath) can't be unpacked into \(directory)")
        }
        return listing.entries
    }

    /// How tar is told to unpack a copy that nobody keeps: without owners, set-user-ID bits, ACLs
    /// and attributes, which the service's user may not set.
    private static func trying(in directory: String) -> [String] {
        [
            "--extract", "--file=-", recordSize, "--verbose", "--quoting-style=escape",
            "--no-same-permissions", "--no-same-owner", "--delay-directory-restore",
            "--directory=\(directory)",
        ]
    }

    private func checkedPages(
        of point: StoredPoint, at path: String
    ) async throws(ProviderError) -> Int64 {
        try await withStopFlag { stop throws(ProviderError) in
            try await blocking { () throws(ProviderError) in
                _ = try checkIntegrity(of: path, name: point.dataPath, stop: stop)
                return try pageCount(of: path)
            }
        }
    }
}
