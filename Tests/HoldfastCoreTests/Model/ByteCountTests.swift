import HoldfastCore
import Testing

@Suite("ByteCount")
struct ByteCountTests {
    @Test(
        "A size has three digits and a binary unit",
        arguments: [
            (Int64(0), "0 B"), (1, "1 B"), (512, "512 B"), (1023, "1023 B"), (1024, "1.00 KiB"),
            (1536, "1.50 KiB"), (10_239, "10.0 KiB"), (10_230, "9.99 KiB"), (10_240, "10.0 KiB"),
            (102_348, "99.9 KiB"), (102_400, "100 KiB"), (1_048_063, "1023 KiB"),
            (1_048_064, "1.00 MiB"), (1_048_576, "1.00 MiB"), (25_125_558_681, "23.4 GiB"),
            (1_099_511_627_776, "1.00 TiB"), (1_125_899_906_842_624, "1.00 PiB"),
            (.max, "8.00 EiB"), (-5, "-5 B"),
        ])
    func text(bytes: Int64, expected: String) {
        #expect(ByteCount(bytes).description == expected)
    }

    @Test("A larger size never reads as a smaller one of the same unit")
    func monotone() {
        var previous = ""
        for step in 0..<4000 {
            let text = ByteCount(Int64(step) * 700 + 1024).description
            let number = Double(text.prefix { $0 != " " }) ?? -1
            let before = Double(previous.prefix { $0 != " " }) ?? -1
            if text.hasSuffix(previous.suffix(3)) { #expect(number >= before, "\(text)") }
            previous = text
        }
    }

    @Test("Sizes add up and compare")
    func arithmetic() {
        #expect(ByteCount(2) + ByteCount(3) == ByteCount(5))
        #expect(ByteCount(2) < ByteCount(3))
    }
}
