import Testing

@testable import HoldfastCore

@Suite("SHA-256")
struct SHA256DigestTests {
    @Test(
        "The digest is the published one",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                String(repeating: "a", count: 1000),
                "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
            ),
        ])
    func vectors(text: String, digest: String) {
        #expect(SHA256Digest(of: text).text == digest)
    }

    @Test("Every length around a block's end has its own digest")
    func lengths() {
        let digests = (50...130).map { SHA256Digest(of: String(repeating: "x", count: $0)).text }
        #expect(Set(digests).count == 81)
        #expect(digests.allSatisfy { $0.count == 64 })
    }
}
