/// A password, a token or a key. It shows itself to nobody by accident: printed, logged or put into
/// a message it is `<redacted>`.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let value: String

    /// Takes the text.
    public init(_ value: String) { self.value = value }

    /// Shows the text to one piece of code: where a header or a body is made of it.
    public func reveal<Result>(_ body: (String) throws -> Result) rethrows -> Result {
        try body(value)
    }

    /// `<redacted>`.
    public var description: String { "<redacted>" }
    /// `<redacted>`.
    public var debugDescription: String { "<redacted>" }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Where a secret is kept; configuration files never hold one.
public enum SecretReference: Hashable, Sendable, CustomStringConvertible {
    /// A systemd credential of the service, by name.
    case credential(String)
    /// A file of its own, by absolute path; only its owner may read it.
    case file(String)
    /// A variable of the daemon's environment.
    case environment(String)

    /// As the configuration writes it: `credential: do-token`.
    public var description: String {
        switch self {
        case .credential(let name): "credential: \(name)"
        case .file(let path): "file: \(path)"
        case .environment(let name): "env: \(name)"
        }
    }
}
