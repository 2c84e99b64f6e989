import HoldfastCore

/// A format of compression and the program that knows it.
enum Compression: String, CaseIterable {
    case zstd = "zst"
    case gzip = "gz"

    /// The ending of a file's name.
    var suffix: String { rawValue }

    /// The program's name, which is also its package's.
    var program: String {
        switch self {
        case .zstd: "zstd"
        case .gzip: "gzip"
        }
    }

    /// From standard input to standard output. zstd with one thread for compression beside those
    /// that read and write, because newer versions start several, and with jobs of 4 MiB: 26 MiB
    /// of memory in place of 47, for files that are 0.4 % larger. In one thread for all it would
    /// need 7 MiB and an eighth more time.
    var compressing: [String] {
        switch self {
        case .zstd: ["-q", "-3", "-T1", "-B4M", "--stdout"]
        case .gzip: ["--stdout"]
        }
    }

    /// Back again. zstd refuses files that need a window of more than 128 MiB.
    var decompressing: [String] {
        switch self {
        case .zstd: ["-q", "--decompress", "--stdout"]
        case .gzip: ["--decompress", "--stdout"]
        }
    }
}

/// A compression whose program is installed.
struct Compressor {
    let compression: Compression
    let path: String
}

extension LocalTools {
    /// The program that new points are compressed by.
    func compressor() throws(ProviderError) -> Compressor {
        if let zstd { return Compressor(compression: .zstd, path: zstd) }
        if let gzip { return Compressor(compression: .gzip, path: gzip) }
        throw ProviderError(
            .permanent, "neither zstd nor gzip is installed; install the package zstd")
    }

    /// The program that reads a compression.
    func compressor(for compression: Compression) throws(ProviderError) -> Compressor {
        let path =
            switch compression {
            case .zstd: zstd
            case .gzip: gzip
            }
        guard let path else {
            throw ProviderError(
                .permanent,
                "\(compression.program) is not installed, and this point was compressed by it; "
                    + "install the package \(compression.program)")
        }
        return Compressor(compression: compression, path: path)
    }

    /// The path of tar.
    func archiver() throws(ProviderError) -> String {
        guard let tar else {
            throw ProviderError(.permanent, "tar is not installed; install the package tar")
        }
        return tar
    }
}
