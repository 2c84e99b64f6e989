import Foundation
import Glibc
import HoldfastCore
import Testing

@testable import HoldfastConfig

/// Files that can't be read, or not in full.
@Suite("Unreadable files")
struct UnreadableFilesTests {
    @Test("A missing main file is one error, whatever lies beside it")
    func missing() throws {
        let scratch = try ScratchDirectory()
        _ = try scratch.write("nonsense: 1\n", to: "conf.d/10.yaml")
        #expect(
            failure(of: scratch.path + "/holdfast.yaml")
                == "holdfast.yaml: there is no such file; create it or name another one")
    }

    @Test("A directory is refused")
    func directory() throws {
        let scratch = try ScratchDirectory()
        #expect(
            failure(of: scratch.path + "/conf.d")
                == "conf.d: this is a directory; name a YAML file")
    }

    @Test("A named pipe in conf.d is refused instead of waited for")
    func pipe() throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write("version: 1\n")
        try #require(mkfifo(scratch.path + "/conf.d/10.yaml", 0o600) == 0)
        #expect(
            failure(of: path) == "conf.d/10.yaml: this is not a regular file; name a YAML file")
    }

    @Test("A file above 8 MiB is refused by its size, without being read")
    func large() throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write("version: 1\n")
        try #require(truncate(path, 10 * 1024 * 1024) == 0)
        #expect(
            failure(of: path)
                == "holdfast.yaml: the file has 10485760 bytes and the limit is 8 MiB; "
                + "split it into files in conf.d")
    }

    @Test(
        "The system's reason becomes words with a way out",
        arguments: [
            (ENOENT, "there is no such file; create it or name another one"),
            (
                EACCES,
                "no permission to read it; give the user that runs this program the right to read "
                    + "the file and to enter its directories"
            ),
            (EISDIR, "this is a directory; name a YAML file"),
            (ENOTDIR, "a part of the path is a file, not a directory; correct the path"),
            (EIO, "reading failed with an input/output error; check the disk"),
            (EBADF, "it can't be read: Bad file descriptor (errno 9)"),
        ])
    func reasons(code: Int32, message: String) {
        #expect(FileProblem(code: code).message == message)
    }

    @Test("No permission is reported for that file", .enabled(if: geteuid() != 0, "root reads all"))
    func permission() throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write("version: 1\n")
        try #require(chmod(path, 0) == 0)
        #expect(failure(of: path)?.hasPrefix("holdfast.yaml: no permission to read it;") == true)
    }

    @Test("conf.d is read in the order of bytes; hidden files and other names are not")
    func dropIns() throws {
        let scratch = try ScratchDirectory()
        for name in ["b.yaml", "a.yml", "B.yaml", ".hidden.yaml", "c.yaml~", "README"] {
            _ = try scratch.write("# nothing\n", to: "conf.d/" + name)
        }
        #expect(
            try DropInDirectory.fileNames(in: scratch.path + "/conf.d")
                == ["B.yaml", "a.yml", "b.yaml"])
        #expect(try DropInDirectory.fileNames(in: scratch.path + "/nowhere").isEmpty)
    }

    @Test("conf.d that is a file is an error")
    func dropInsAreNoDirectory() throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write("version: 1\n")
        try FileManager.default.removeItem(atPath: scratch.path + "/conf.d")
        _ = try scratch.write("version: 1\n", to: "conf.d")
        #expect(
            failure(of: path)
                == "conf.d: a part of the path is a file, not a directory; correct the path")
    }
}
