import Glibc

/// The programs that the local provider starts, each by its absolute path; `nil`: not installed.
public struct LocalTools: Hashable, Sendable {
    /// GNU tar; directories can't be backed up or restored without it.
    public let tar: String?
    /// Zstandard; new points are compressed by it where it is installed.
    public let zstd: String?
    /// Gzip; compresses new points where `zstd` is missing, and reads older ones.
    public let gzip: String?

    /// Takes the programs' paths.
    public init(tar: String?, zstd: String?, gzip: String?) {
        self.tar = tar
        self.zstd = zstd
        self.gzip = gzip
    }

    /// Looks for the programs in the system's own directories; `PATH` has no say, because a
    /// service that runs as root must not start what a user's directory holds.
    public static func system() -> LocalTools {
        func find(_ name: String) -> String? {
            ["/usr/bin/", "/bin/", "/usr/local/bin/"].map { $0 + name }
                .first { access($0, X_OK) == 0 }
        }
        return LocalTools(tar: find("tar"), zstd: find("zstd"), gzip: find("gzip"))
    }
}
