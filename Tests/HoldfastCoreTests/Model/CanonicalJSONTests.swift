import Foundation
import HoldfastCore
import HoldfastTesting
import Testing

@Suite("CanonicalJSON")
struct CanonicalJSONTests {
    private func text(_ string: String) -> String {
        var json = CanonicalJSON()
        json.append(string)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test(
        "Strings are escaped as RFC 8785 says",
        arguments: [
            ("", #""""#), ("plain", #""plain""#),
            (#"quote " slash / back \"#, #""quote \" slash / back \\""#),
            ("\u{8}\t\n\u{C}\r", #""\b\t\n\f\r""#),
            ("\0\u{1}\u{B}\u{F}\u{1F}", #""\u0000\u0001\u000b\u000f\u001f""#),
            ("\u{7F}", "\"\u{7F}\""), ("é 中 😀 \u{2028}", "\"é 中 😀 \u{2028}\""),
            // section 3.2.2's own example
            ("\u{20ac}$\u{F}\nA'B\"\\\\\"/", #""€$\u000f\nA'B\"\\\\\"/""#),
        ])
    func escapes(string: String, expected: String) {
        #expect(text(string) == expected)
    }

    @Test("An object's keys are sorted and there is no white space")
    func object() {
        let members: [String: DetailValue] = [
            "target": "web-1", "attempt": 3, "adopted": .flag(true), "late": .flag(false),
            "reasons": .list(["a", "b\"c"]), "none": .list([]), "Z": .number(.min),
            "_": .number(.max), "a10": 0, "a2": -1,
        ]
        #expect(
            CanonicalJSON.object(members)
                == #"{"Z":-9223372036854775808,"_":9223372036854775807,"a10":0,"a2":-1,"#
                + #""adopted":true,"attempt":3,"late":false,"none":[],"reasons":["a","b\"c"],"#
                + #""target":"web-1"}"#)
        #expect(CanonicalJSON.object([:]) == "{}")
    }

    @Test("Another reader gets back what was written", arguments: UInt64(1)...60)
    func readBack(seed: UInt64) throws {
        var rng = SeededGenerator(seed: seed)
        var string = ""
        for _ in 0..<rng.number(in: 0...40) {
            let ranges: [ClosedRange<Int>] = [0...31, 32...126, 127...0x2FF, 0x4E00...0x4EFF]
            let value = UInt32(rng.number(in: rng.pick(ranges)))
            if let scalar = Unicode.Scalar(value) { string.unicodeScalars.append(scalar) }
        }
        let json = CanonicalJSON.object(["text": .text(string), "list": .list([string, ""])])
        struct Read: Decodable, Equatable {
            let text: String
            let list: [String]
        }
        let read = try JSONDecoder().decode(Read.self, from: Data(json.utf8))
        #expect(read.text.unicodeScalars.elementsEqual(string.unicodeScalars))
        #expect(read.list == [string, ""])
    }
}
