import Foundation
import Glibc
import HoldfastCore

/// A program by its name and path.
struct Program: Sendable {
    let name: String
    let path: String
}

/// How the programs that unpack a point ended, and what they said.
struct UnpackingWords: Sendable {
    let ends: [(name: String, end: ChildEnd, words: String)]

    /// Throws the failure that came first, with what it means in front.
    func check(_ meaning: String) throws(ProviderError) {
        // A program whose reader went away is ended by SIGPIPE: the reader's failure is the cause.
        let causes = ends.filter { $0.end != .signalled(Int(SIGPIPE)) }
        for (name, end, words) in causes + ends {
            guard let failure = end.failure(of: name, words: words) else { continue }
            throw ProviderError(failure.kind, "\(meaning): \(failure.message)")
        }
    }
}

extension UnpackingWords {
    /// Whether nothing went wrong but that device nodes could not be made, which only root may.
    var onlyMissDevices: Bool {
        guard let tar = ends.last, tar.end == .exited(2),
            ends.dropLast().allSatisfy({ $0.end.isSuccess }),
            // Words that were cut may hide another failure.
            tar.words.utf8.count < BoundedWords.limit - 1
        else { return false }
        return tar.words.components(separatedBy: "; ").allSatisfy {
            $0.hasSuffix(": Cannot mknod: Operation not permitted")
                || $0.hasSuffix(": Exiting with failure status due to previous errors")
        }
    }
}

extension LocalProvider {
    /// Decompresses a point's archive into tar.
    ///
    /// - Parameter file: The data, at its first byte; the decompressor reads it itself.
    /// - Returns: The entries that tar listed, and how both programs ended.
    func unpack(
        _ point: StoredPoint, from file: Descriptor, into tar: Program, arguments: [String],
        progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) async throws(ProviderError) -> (TarReport, UnpackingWords) {
        let compressor = try tools.compressor(for: point.form.compression)
        let program = compressor.compression.program
        let archive = try Pipe()
        let listing = try Pipe()
        let tarWords = try Pipe()
        let words = try Pipe()
        let children = [
            Child(
                path: compressor.path, name: program,
                arguments: compressor.compression.decompressing, input: file,
                output: archive.writing, errors: words.writing),
            Child(
                path: tar.path, name: tar.name, arguments: arguments, input: archive.reading,
                output: listing.writing, errors: tarWords.writing),
        ]
        let (read, ends) = await runPipeline(children) { () throws(ProviderError) in
            let listed = Listed(progress)
            try drain([
                Sink(end: listing.reading, name: "tar", take: listed.takeListing),
                Sink(end: tarWords.reading, name: "tar", take: listed.takeTarWords),
                Sink(end: words.reading, name: program, take: listed.takeWords),
            ])
            return listed.finish()
        }
        if Task.isCancelled { throw ProviderError.stopped("unpacking \(point.token)") }
        let outcome = try read.get()
        return (
            outcome.report,
            UnpackingWords(ends: [
                (program, ends[0], outcome.words), ("tar", ends[1], outcome.tarWords),
            ])
        )
    }

    /// Decompresses a point's data into a new file and makes that durable.
    func decompress(
        _ point: StoredPoint, from file: Descriptor, into path: String
    ) async throws(ProviderError) {
        let compressor = try tools.compressor(for: point.form.compression)
        let program = compressor.compression.program
        let output = try Descriptor(
            opening: path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, to: "can't create")
        try output.setMode(0o600, of: path)
        let words = try Pipe()
        let child = Child(
            path: compressor.path, name: program,
            arguments: compressor.compression.decompressing, input: file, output: output,
            errors: words.writing)
        let (said, ends) = await runPipeline([child]) { () throws(ProviderError) in
            let listed = Listed { _ in }
            try drain([Sink(end: words.reading, name: program, take: listed.takeWords)])
            return listed.finish().words
        }
        if Task.isCancelled { throw ProviderError.stopped("unpacking \(point.token)") }
        if let failure = ends[0].failure(of: program, words: try said.get()) {
            throw ProviderError(
                failure.kind, "\(point.dataPath) can't be unpacked into \(path): \(failure.message)"
            )
        }
        try await blocking { () throws(ProviderError) in
            try Descriptor(opening: path, O_RDONLY, to: "can't open").synchronise(path)
        }
    }
}

/// What the programs of a restore write, taken apart on the one thread that reads it.
private final class Listed {
    struct Outcome: Sendable {
        let report: TarReport
        let tarWords: String
        let words: String
    }

    private var report = TarReport()
    private var tarWords = BoundedWords()
    private var words = BoundedWords()
    private let progress: @Sendable (Int64) -> Void

    init(_ progress: @escaping @Sendable (Int64) -> Void) { self.progress = progress }

    func takeListing(_ piece: UnsafeRawBufferPointer) {
        report.take(piece)
        progress(report.entries)
    }

    func takeTarWords(_ piece: UnsafeRawBufferPointer) { tarWords.take(piece) }

    func takeWords(_ piece: UnsafeRawBufferPointer) { words.take(piece) }

    func finish() -> Outcome {
        report.finish()
        return Outcome(report: report, tarWords: tarWords.text, words: words.text)
    }
}
