import Testing

@testable import HoldfastProviders

@Suite("Cutting a row of JSON objects")
struct JSONObjectCutterTests {
    private let objects = [
        #"{"a":1}"#, #"{"text":"} \" { \\","b":{"c":[{}]}}"#, "{}", #"{"é":"\\"}"#,
    ]

    private func cut(_ text: String, at size: Int) throws -> [String] {
        var cutter = JSONObjectCutter()
        var found: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            found += try cutter.cut(Array(rest.prefix(size))).map {
                String(decoding: $0, as: UTF8.self)
            }
            rest = rest.dropFirst(size)
        }
        #expect(!cutter.isInside)
        return found
    }

    @Test("Whatever stands between objects, and wherever parts break off", arguments: 1...40)
    func framings(size: Int) throws {
        for text in [
            objects.joined(separator: "\n") + "\n", objects.joined(),
            "[" + objects.joined(separator: ", ") + "]",
            objects.map { "event: progress\ndata: \($0)\n\n" }.joined(),
            "\u{1E}" + objects.joined(separator: "\n\u{1E}"),
        ] {
            #expect(try cut(text, at: size) == objects)
        }
    }

    @Test("An object that does not end is none; what is too long is an error")
    func unfinished() throws {
        var cutter = JSONObjectCutter()
        #expect(try cutter.cut(Array(#"{"a":"}"#.utf8)).isEmpty)
        #expect(cutter.isInside)
        #expect(try cutter.cut(Array(#""}"#.utf8)).count == 1)
        #expect(throws: JSONObjectCutter.ObjectTooLong.self) {
            _ = try cutter.cut([UInt8](repeating: UInt8(ascii: "{"), count: 2 << 20))
        }
    }

    @Test("A text without objects has none", arguments: ["", "ok", "}}}", "[1,2]", "\"{\\\"\""])
    func nothing(text: String) throws {
        var cutter = JSONObjectCutter()
        #expect(try cutter.cut(Array(text.utf8)).isEmpty)
    }
}
