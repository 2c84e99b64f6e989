public import Foundation

/// How a text differs from its golden file; thrown, so that the test that calls fails with it.
public struct GoldenDifference: Error, CustomStringConvertible {
    /// The golden file.
    public let file: String
    /// Where the first difference is, what was expected there and what came.
    public let description: String
}

/// Compares a text with a file in `Golden/` beside the calling test, byte for byte.
///
/// With `UPDATE_GOLDEN=1` in the environment the file is written instead; review the diff.
///
/// - Parameters:
///   - path: Below the nearest directory `Golden/` at or above the calling test's own directory.
/// - Throws: `GoldenDifference` with the first line that differs, also when there is no file.
public func expectGolden(
    _ text: String, _ path: String, calledFrom testFile: String = #filePath
) throws {
    let file = goldenDirectory(for: testFile).appending(path: path)
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return
    }
    guard let data = try? Data(contentsOf: file) else {  // absent and unreadable need one answer
        throw GoldenDifference(
            file: file.path,
            description: "\(file.path) can't be read; UPDATE_GOLDEN=1 writes it")
    }
    let expected = String(decoding: data, as: UTF8.self)
    guard !expected.utf8.elementsEqual(text.utf8) else { return }
    throw GoldenDifference(
        file: file.path,
        description: "\(file.path): \(firstDifference(expected: expected, actual: text))")
}

/// The directory that a test's golden files lie in: the nearest `Golden` at or above the test's
/// own directory; the one beside the test where there is none yet.
public func goldenDirectory(for testFile: String) -> URL {
    let own = URL(fileURLWithPath: testFile).deletingLastPathComponent()
    var directory = own
    while directory.pathComponents.count > 1 {
        let candidate = directory.appending(path: "Golden")
        if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
        if directory.lastPathComponent == "Tests" { break }
        directory.deleteLastPathComponent()
    }
    return own.appending(path: "Golden")
}

private func firstDifference(expected: String, actual: String) -> String {
    let wanted = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let came = actual.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, pair) in zip(wanted, came).enumerated() where pair.0 != pair.1 {
        return "line \(index + 1) is '\(pair.1)' and should be '\(pair.0)'"
    }
    return "it has \(wanted.count - 1) lines and the text has \(came.count - 1)"
}
