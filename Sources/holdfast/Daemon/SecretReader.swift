import Foundation
import Glibc
import HoldfastCore

/// Reads secrets from where the configuration says that they are kept, each time anew: a token that
/// is replaced takes effect with the next request.
struct SecretReader: Sendable {
    /// More bytes are no secret.
    private static let sizeMax = 64 * 1024

    let environment: [String: String]

    /// Takes the environment of this process.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
    }

    /// Reads one secret; white space at its ends is no part of it.
    ///
    /// - Parameter isPassword: It never stands in a header as it is, so it may have spaces and
    ///   letters beyond ASCII inside.
    /// - Throws: `authentication` with what is wrong; never with the secret's text.
    func read(
        _ reference: SecretReference, of provider: ProviderID, isPassword: Bool = false
    ) throws(ProviderError) -> Secret {
        let text = try text(reference, of: provider)
        let isPossible = text.unicodeScalars.allSatisfy {
            isPassword ? $0.value >= 0x20 && $0.value != 0x7F : $0.value > 0x20 && $0.value < 0x7F
        }
        // A header can't carry these, and what has them is not the secret alone.
        guard isPossible else {
            throw refusal(
                provider, reference,
                isPassword
                    ? "it has control characters, so it is not the password alone"
                    : "it has spaces or other characters that no token has")
        }
        return Secret(text)
    }

    private func text(
        _ reference: SecretReference, of provider: ProviderID
    ) throws(ProviderError) -> String {
        switch reference {
        case .environment(let name):
            guard let value = environment[name] else {
                throw refusal(
                    provider, reference,
                    "the daemon's environment has no variable of that name; set it in the unit")
            }
            return try checked(value, provider, reference)
        case .credential(let name):
            guard let directory = environment["CREDENTIALS_DIRECTORY"] else {
                throw refusal(
                    provider, reference,
                    "this process has no systemd credentials; add 'LoadCredential=\(name):PATH' to "
                        + "the unit, or use 'file:'")
            }
            return try file("\(directory)/\(name)", provider, reference, mayBeShared: true)
        case .file(let path):
            return try file(path, provider, reference, mayBeShared: false)
        }
    }

    private func file(
        _ path: String, _ provider: ProviderID, _ reference: SecretReference, mayBeShared: Bool
    ) throws(ProviderError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw refusal(
                provider, reference, "\(path) can't be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw refusal(provider, reference, "\(path) is not a file")
        }
        guard mayBeShared || status.st_mode & 0o077 == 0 else {
            throw refusal(
                provider, reference,
                "\(path) may be read by others than its owner; run 'chmod 600 \(path)', and "
                    + "consider the secret as known")
        }
        var bytes = [UInt8](repeating: 0, count: Self.sizeMax + 1)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0, count <= Self.sizeMax else {
            throw refusal(
                provider, reference,
                count < 0
                    ? "\(path) can't be read: \(String(cString: strerror(errno)))"
                    : "\(path) has more than \(Self.sizeMax) bytes, which is no secret")
        }
        return try checked(
            String(decoding: bytes.prefix(count), as: UTF8.self), provider, reference)
    }

    private func checked(
        _ text: String, _ provider: ProviderID, _ reference: SecretReference
    ) throws(ProviderError) -> String {
        let value = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !value.isEmpty else {
            throw refusal(provider, reference, "there is nothing in it")
        }
        return value
    }

    private func refusal(
        _ provider: ProviderID, _ reference: SecretReference, _ words: String
    ) -> ProviderError {
        ProviderError(
            .authentication,
            "the secret of provider '\(provider)' (\(reference)) can't be read: \(words)")
    }
}
