import Crypto
import Dispatch
public import HoldfastCore
import Synchronization

/// Reads the configuration files and checks everything in them.
public struct ConfigurationLoader: Sendable {
    /// All files together have at most this many bytes.
    static let totalSizeMax = 64 * 1024 * 1024

    private let zones: any ZoneDatabase

    /// Takes where time zones come from; each zone is read anew for every load, so that a load
    /// after an update of tzdata sees it.
    public init(zones: any ZoneDatabase) {
        self.zones = zones
    }

    /// Reads a file, then `conf.d/*.yaml` and `*.yml` in the directory beside it in the order of
    /// their names' bytes, and joins their sections.
    ///
    /// Blocks while it reads. It takes about as long as the YAML library needs for the text.
    ///
    /// - Parameters:
    ///   - path: The main file; errors name it as it is written here.
    ///   - now: Distances between windows are looked at from the beginning of this instant's year
    ///     on, two years far.
    /// - Throws: Everything that is wrong in any of the files. What may be the consequence of
    ///   another error, such as a policy that an unreadable file may declare, is left out.
    public func load(
        path: String, now: Timestamp
    ) throws(ConfigurationErrors) -> Configuration {
        let report = Report()
        var reading = Reading(report: report)
        let (files, areAllRead) = readFiles(path, report)
        for (file, outcome) in zip(files, composed(files)) { reading.add(outcome, of: file) }
        let decoder = ConfigurationDecoder(
            report: report, zones: ZoneCatalogue(zones), periods: PeriodCatalogue(now: now),
            roots: reading.roots, mainFile: path, isComplete: areAllRead && reading.isComplete)
        let configuration = decoder.decode(digest: digest(of: files, main: path))
        if let failure = report.failure() { throw failure }
        return configuration
    }

    /// Turns the files into nodes, as many at once as there are processors.
    private func composed(_ files: [SourceFile]) -> [Result<ComposedText, YamlProblem>] {
        let outcomes = Mutex(
            [Result<ComposedText, YamlProblem>?](repeating: nil, count: files.count))
        DispatchQueue.concurrentPerform(iterations: files.count) { index in
            let outcome = Result { () throws(YamlProblem) in
                try YamlComposer.compose(SourceText(files[index].bytes))
            }
            outcomes.withLock { $0[index] = outcome }
        }
        return outcomes.withLock { $0.compactMap { $0 } }
    }

    private func readFiles(_ path: String, _ report: Report) -> ([SourceFile], isComplete: Bool) {
        var files: [SourceFile] = []
        var isComplete = true
        var names: [String] = []
        let slash = path.lastIndex(of: "/")
        let directory = (slash.map { String(path[...$0]) } ?? "") + "conf.d"
        report.begin(file: path)
        do {
            files.append(try SourceFile(path: path))
        } catch {
            report.error(path, nil, "", error.message)
            isComplete = false
            if error.namesNoFile { return (files, isComplete) }
        }
        do {
            names = try DropInDirectory.fileNames(in: directory)
        } catch {
            report.error(directory, nil, "", error.message)
            isComplete = false
        }
        var size = files.reduce(0) { $0 + $1.bytes.count }
        for name in names {
            let path = directory + "/" + name
            report.begin(file: path)
            do throws(FileProblem) {
                let file = try SourceFile(path: path)
                size += file.bytes.count
                guard size <= Self.totalSizeMax else {
                    throw FileProblem(
                        message: "all files together have more than "
                            + "\(Self.totalSizeMax / (1024 * 1024)) MiB; declare less")
                }
                files.append(file)
            } catch {
                report.error(path, nil, "", error.message)
                isComplete = false
                if size > Self.totalSizeMax { break }
            }
        }
        return (files, isComplete)
    }

    /// The same files at another place give the same digest.
    private func digest(of files: [SourceFile], main: String) -> String {
        var hash = SHA256()
        for file in files {
            let name = file.path == main ? "" : file.path.split(separator: "/").last ?? ""
            hash.update(data: Array("\(name)\n\(file.bytes.count)\n".utf8))
            hash.update(data: file.bytes)
        }
        let digits = Array("0123456789abcdef".utf8)
        let text = hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}

/// The files' top-level mappings, and what was wrong on the way to them.
private struct Reading {
    let report: Report
    var roots: [Section] = []
    var isComplete = true
    private var count = 0

    init(report: Report) {
        self.report = report
    }

    mutating func add(_ outcome: Result<ComposedText, YamlProblem>, of file: SourceFile) {
        do throws(YamlProblem) {
            let text = try outcome.get()
            count += text.count
            guard count <= YamlTree.valueMax else {
                throw YamlProblem(position: .start, message: YamlTree.tooManyValues)
            }
            for problem in text.duplicates { add(problem, file) }
            // Only comments: nothing is declared, and a main file misses its version.
            let node = text.root ?? YamlNode(content: .mapping([]), position: .start)
            let section = Section(
                node, file: file.path, report: report, path: "", position: node.position,
                hint: "write keys such as 'policies:' at the beginning of a line")
            if let section { roots.append(section) } else { isComplete = false }
        } catch {
            add(error, file)
            isComplete = false
        }
    }

    private func add(_ problem: YamlProblem, _ file: SourceFile) {
        report.error(file.path, problem.position, problem.keyPath, problem.message)
    }
}
