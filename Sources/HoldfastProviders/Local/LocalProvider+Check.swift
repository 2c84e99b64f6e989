import Glibc
public import HoldfastCore

extension LocalProvider: CheckableProvider {
    /// Looks whether the repository is there and can be written to, how much room it has, and which
    /// programs backups are made with.
    public func check() async -> [ProviderFinding] {
        var findings: [ProviderFinding] = []
        do throws(ProviderError) {
            findings += try await blocking { [repository] () throws(ProviderError) in
                try repository.examination()
            }
            findings += try await examineTools()
        } catch {
            findings.append(
                ProviderFinding(
                    findings.isEmpty ? .reachability : .account, .bad, error.message))
        }
        return findings
    }

    private func examineTools() async throws(ProviderError) -> [ProviderFinding] {
        let tools = self.tools
        guard let tar = tools.tar else {
            return [
                ProviderFinding(
                    .account, .bad,
                    "tar is not installed, without which no directory can be backed up; install the "
                        + "package 'tar'")
            ]
        }
        guard let compressor = tools.zstd ?? tools.gzip else {
            return [
                ProviderFinding(
                    .account, .bad,
                    "neither zstd nor gzip is installed, and every point is compressed; install the "
                        + "package 'zstd'")
            ]
        }
        let programs = [("tar", tar), (tools.zstd == nil ? "gzip" : "zstd", compressor)]
        let versions = try await LocalTools.versions(of: programs.map { (name: $0, path: $1) })
        let told = programs.map { "\($1) (\(versions[$0] ?? "no version"))" }
        return [
            ProviderFinding(
                .account, tools.zstd == nil ? .warning : .good,
                told.joined(separator: ", ")
                    + (tools.zstd == nil
                        ? "; zstd, which is faster and smaller, is not installed" : ""))
        ]
    }
}

extension Repository {
    /// Less free space than this share of the file system deserves a look.
    private static let freePercentMin: Int64 = 5

    /// What can be told of the directory itself.
    fileprivate func examination() throws(ProviderError) -> [ProviderFinding] {
        let isMade = try presence() == .marked
        var status = stat()
        // The first backup makes the directory where only its parent is there.
        let place = stat(root, &status) == 0 ? root : parent
        guard access(place, W_OK | X_OK) == 0 else {
            throw ProviderError(
                .permanent,
                "nothing can be written to \(place): \(String(cString: strerror(errno))); give it to the "
                    + "user that the daemon runs as")
        }
        let free = try freeBytes(at: place)
        let total = try sizeOfFileSystem(at: place)
        let isScarce = free < total / 100 * Self.freePercentMin
        return [
            isMade
                ? ProviderFinding(.reachability, .good, "the repository \(root) is there")
                : ProviderFinding(
                    .reachability, .warning,
                    "no backup was made in \(root) yet; if there should be some, its file system is not "
                        + "mounted"),
            ProviderFinding(
                .room, isScarce ? .warning : .good,
                "\(ByteCount(free)) free of \(ByteCount(total))"
                    + (isScarce ? "; free space, or keep fewer points" : "")),
        ]
    }

    private func sizeOfFileSystem(at path: String) throws(ProviderError) -> Int64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else {
            throw .system(errno, "can't tell the size of the file system at \(path)")
        }
        let (bytes, overflow) = Int64(clamping: status.f_blocks).multipliedReportingOverflow(
            by: Int64(clamping: status.f_frsize))
        return overflow ? .max : bytes
    }
}
