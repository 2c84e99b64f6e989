import Glibc

/// The bytes of one configuration file.
struct SourceFile: Sendable {
    /// The largest file that is read.
    static let sizeMax = 8 * 1024 * 1024

    /// The path as errors name it.
    let path: String
    let bytes: [UInt8]

    /// Reads a regular file of at most `sizeMax` bytes.
    ///
    /// - Throws: `FileProblem` with the words for an error.
    init(path: String) throws(FileProblem) {
        // Without O_NONBLOCK a named pipe in conf.d would hold up the daemon for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileProblem(code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileProblem(code: errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw FileProblem(code: EISDIR)
        default: throw FileProblem(message: "this is not a regular file; name a YAML file")
        }
        guard status.st_size <= Self.sizeMax else {
            throw FileProblem(size: Int64(status.st_size))
        }
        self.path = path
        self.bytes = try Self.read(descriptor, expected: Int(status.st_size))
    }

    private static func read(_ descriptor: Int32, expected: Int) throws(FileProblem) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(expected + 1)
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = piece.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileProblem(code: errno) }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: piece[..<count])
            // The file may grow while it is read.
            guard bytes.count <= sizeMax else { throw FileProblem(size: Int64(bytes.count)) }
        }
    }
}

/// Why a file or directory can't be read, in the words of an error message.
struct FileProblem: Error, Hashable, Sendable {
    let message: String
    /// Whether there simply is nothing under that name.
    let isAbsence: Bool
    /// Whether the path does not lead to a file, so that nothing beside it belongs to it.
    let namesNoFile: Bool

    init(message: String) {
        self.message = message
        self.isAbsence = false
        self.namesNoFile = false
    }

    init(size: Int64) {
        let limit = SourceFile.sizeMax / (1024 * 1024)
        self.init(
            message: "the file has \(size) bytes and the limit is \(limit) MiB; "
                + "split it into files in conf.d")
    }

    /// Takes an `errno` of `open`, `read`, `fstat` or `opendir`.
    init(code: Int32) {
        isAbsence = code == ENOENT
        namesNoFile = [ENOENT, ENOTDIR, EISDIR].contains(code)
        message =
            switch code {
            case ENOENT: "there is no such file; create it or name another one"
            case EACCES, EPERM:
                "no permission to read it; give the user that runs this program the right to "
                    + "read the file and to enter its directories"
            case EISDIR: "this is a directory; name a YAML file"
            case ENOTDIR: "a part of the path is a file, not a directory; correct the path"
            case ELOOP: "its symbolic links go round in a circle; correct them"
            case ENAMETOOLONG: "the path is too long; move the file"
            case EMFILE, ENFILE: "too many files are open; raise the limit (LimitNOFILE=)"
            case EIO: "reading failed with an input/output error; check the disk"
            default: "it can't be read: \(String(cString: strerror(code))) (errno \(code))"
            }
    }
}

/// The YAML files of a `conf.d` directory.
enum DropInDirectory {
    /// More files than this are an error.
    static let fileCountMax = 1000

    /// The names of `*.yaml` and `*.yml`, hidden ones left out, in the order of their bytes;
    /// nothing when there is no such directory.
    static func fileNames(in directory: String) throws(FileProblem) -> [String] {
        guard let stream = opendir(directory) else {
            let problem = FileProblem(code: errno)
            if problem.isAbsence { return [] }
            throw problem
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            guard !name.hasPrefix("."), name.hasSuffix(".yaml") || name.hasSuffix(".yml") else {
                continue
            }
            names.append(name)
            guard names.count <= fileCountMax else {
                throw FileProblem(
                    message: "there are more than \(fileCountMax) YAML files; join some of them")
            }
        }
        guard errno == 0 else { throw FileProblem(code: errno) }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes($1.utf8) }
    }
}
