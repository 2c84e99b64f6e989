/// An address of this machine that no other machine reaches. A simulated vendor gives its
/// credentials to everybody, so it listens nowhere else.
public struct LoopbackAddress: Hashable, Sendable {
    /// A number, not a name: `127.0.0.1` or `::1`.
    public let host: String
    /// 0: any that is free.
    public let port: Int

    /// Reads `127.0.0.1:PORT`, `[::1]:PORT` or `localhost:PORT`.
    ///
    /// - Throws: `InvalidLoopbackAddress` for anything else.
    public init(_ text: String) throws(InvalidLoopbackAddress) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { throw InvalidLoopbackAddress(text: text) }
        let name = String(text[..<colon])
        switch name {
        case "localhost": host = "127.0.0.1"
        case "[::1]": host = "::1"
        default:
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 4, parts[0] == "127", parts.allSatisfy({ UInt8($0) != nil })
            else { throw InvalidLoopbackAddress(text: text) }
            host = name
        }
        self.port = Int(port)
    }

    /// The address as a URL has it, with a port.
    public func url(port: Int) -> String {
        host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
    }
}

/// A text that is no loopback address.
public struct InvalidLoopbackAddress: Error, Hashable, CustomStringConvertible, Sendable {
    /// What was given.
    public let text: String

    /// What is wrong, and what would be right.
    public var description: String {
        "'\(text)' is no address that a simulated cloud listens on; use 127.0.0.1:PORT or "
            + "[::1]:PORT, with port 0 for any that is free"
    }
}
