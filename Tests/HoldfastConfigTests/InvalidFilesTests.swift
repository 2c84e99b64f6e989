import Foundation
import HoldfastConfig
import Testing

/// Each `Invalid/NAME.yaml`, or directory `Invalid/NAME` with a `holdfast.yaml`, lies beside
/// `NAME.txt` with exactly what it must produce.
@Suite("Invalid files")
struct InvalidFilesTests {
    static let directory = String(#filePath.dropLast("InvalidFilesTests.swift".count)) + "Invalid"

    static let names: [String] = {
        // A directory that can't be read has no samples, which `samplesExist` reports.
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return files.filter { !$0.hasSuffix(".txt") }
            .map { $0.hasSuffix(".yaml") ? String($0.dropLast(5)) : $0 }.sorted()
    }()

    @Test("There are samples")
    func samplesExist() {
        #expect(Self.names.count > 50)
    }

    @Test("Every sample produces the text beside it", arguments: names)
    func sample(name: String) throws {
        let base = Self.directory + "/" + name
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: base, isDirectory: &isDirectory)
        let path = exists && isDirectory.boolValue ? base + "/holdfast.yaml" : base + ".yaml"
        let start = ContinuousClock.now
        let text = try #require(failure(of: path), "the file is taken for valid") + "\n"
        let elapsed = ContinuousClock.now - start
        #expect(elapsed < .seconds(5), "no sample may keep the reader busy")
        let golden = URL(fileURLWithPath: base + ".txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Data(text.utf8).write(to: golden)
        }
        let expected = try String(contentsOf: golden, encoding: .utf8)
        #expect(text == expected)
    }

    @Test("No expected text has lost its sample")
    func noOrphans() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.directory)
        let texts = files.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }
        #expect(texts.sorted() == Self.names)
    }
}
