import Glibc
import HoldfastCore

/// One end that is read, and what takes its bytes.
struct Sink {
    let end: Descriptor
    let name: String
    /// The bytes are valid during the call only.
    let take: (UnsafeRawBufferPointer) throws(ProviderError) -> Void
}

/// The largest piece that is read at once. It bounds memory, and is what a pipe holds.
let pieceSize = 1 << 20

/// Reads several pipes on this one thread until all of them have ended.
///
/// One thread for all: two that wait for a free thread each could wait for one another for ever.
/// When a sink throws, every end is closed, which ends the programs that write to them.
func drain(_ sinks: [Sink]) throws(ProviderError) {
    defer { for sink in sinks { sink.end.close() } }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 16)
    defer { buffer.deallocate() }
    var open = Array(sinks.indices)
    while !open.isEmpty {
        var polled = open.map { pollfd(fd: sinks[$0].end.raw, events: Int16(POLLIN), revents: 0) }
        guard retrying({ poll(&polled, nfds_t(polled.count), -1) }) >= 0 else {
            throw .system(errno, "can't wait for a pipe")
        }
        for (position, index) in zip(polled.indices, open) where polled[position].revents != 0 {
            let sink = sinks[index]
            let count = try sink.end.read(into: buffer, from: sink.name)
            if count == 0 {
                open.removeAll { $0 == index }
            } else {
                try sink.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }
}

/// Runs programs and, beside them, the reading of what they write.
///
/// - Parameters:
///   - children: Started together, usually joined by pipes.
///   - reading: Runs where it may wait; returns when the programs' output has ended.
/// - Returns: What the reading made, and how each program ended, in the order given.
func runPipeline<Value: Sendable>(
    _ children: [Child], reading: @escaping @Sendable () throws(ProviderError) -> Value
) async -> (value: Result<Value, ProviderError>, ends: [ChildEnd]) {
    async let value = outcome(of: reading)
    let ends = await withTaskGroup(of: (Int, ChildEnd).self) { group in
        for (index, child) in children.enumerated() {
            group.addTask { (index, await child.run()) }
        }
        var ends = [ChildEnd](
            repeating: .notStarted("it was never waited for"), count: children.count)
        for await (index, end) in group { ends[index] = end }
        return ends
    }
    return (await value, ends)
}

private func outcome<Value: Sendable>(
    of work: @escaping @Sendable () throws(ProviderError) -> Value
) async -> Result<Value, ProviderError> {
    do throws(ProviderError) {
        return .success(try await blocking(work))
    } catch {
        return .failure(error)
    }
}

/// The beginning of what a program wrote to its standard error, for the message about its failure.
struct BoundedWords {
    static let limit = 2048
    private var bytes: [UInt8] = []

    mutating func take(_ piece: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: piece.prefix(Self.limit - bytes.count))
    }

    /// Without what follows it.
    var firstLine: String {
        String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }

    /// On one line.
    var text: String {
        String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            .joined(separator: "; ")
    }
}
