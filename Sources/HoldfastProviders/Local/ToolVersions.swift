import Glibc
import HoldfastCore

extension LocalTools {
    /// Asks programs for the first line of their `--version`, all at once.
    ///
    /// - Parameter programs: Name and path.
    /// - Returns: The line, by the program's name.
    static func versions(
        of programs: [(name: String, path: String)]
    ) async throws(ProviderError) -> [String: String] {
        let pipes = try programs.map { _ throws(ProviderError) in try Pipe() }
        var children: [Child] = []
        for (program, pipe) in zip(programs, pipes) {
            children.append(
                Child(
                    path: program.path, name: program.name, arguments: ["--version"],
                    input: try .null(O_RDONLY), output: pipe.writing, errors: try .null(O_WRONLY)))
        }
        let (texts, ends) = await runPipeline(children) { () throws(ProviderError) in
            let texts = TextsBox(count: pipes.count)
            try drain(
                pipes.enumerated().map { index, pipe in
                    Sink(end: pipe.reading, name: "a version") { texts.words[index].take($0) }
                })
            return texts.words.map(\.firstLine)
        }
        if Task.isCancelled { throw ProviderError.stopped("asking for versions") }
        for (program, end) in zip(programs, ends) {
            if let failure = end.failure(of: program.path, words: "") { throw failure }
        }
        let lines = try texts.get()
        return Dictionary(zip(programs.map(\.name), lines)) { first, _ in first }
    }

    private final class TextsBox {
        var words: [BoundedWords]
        init(count: Int) { words = Array(repeating: BoundedWords(), count: count) }
    }
}

extension Descriptor {
    /// What swallows everything and gives nothing.
    static func null(_ access: Int32) throws(ProviderError) -> Descriptor {
        try Descriptor(opening: "/dev/null", access, to: "can't open")
    }
}
