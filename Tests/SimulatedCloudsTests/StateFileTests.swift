import Foundation
import Testing

@testable import SimulatedClouds

@Suite("The state file of a simulated cloud")
struct StateFileTests {
    @Test("What was saved last is loaded; a file that is not there is nothing")
    func roundTrip() throws {
        let path =
            FileManager.default.temporaryDirectory.path
            + "/holdfast-state-\(UUID().uuidString).json"
        let file = StateFile(path: path)
        defer { try? FileManager.default.removeItem(atPath: path) }  // nothing depends on it
        #expect(try file.load() == nil)
        try file.save(Array("{}".utf8))
        try file.save(Array("[]".utf8))
        #expect(try file.load() == Array("[]".utf8))
    }

    @Test("A file that can't be written is an error")
    func unwritable() {
        #expect(throws: (any Error).self) {
            try StateFile(path: "/nonexistent/directory/state.json").save([])
        }
    }
}
