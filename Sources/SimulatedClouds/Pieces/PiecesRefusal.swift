/// Why the simulated Pieces OS does not do something. It answers with plain text; the words are
/// ours.
struct PiecesRefusal: Error, Hashable, Sendable {
    let status: Int
    let message: String

    init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }

    static func failed(_ message: String) -> PiecesRefusal { PiecesRefusal(500, message) }

    static let tooOld = PiecesRefusal(
        505, "Pieces OS must be updated before it can work with cloud backups.")
    static let notSignedIn = PiecesRefusal(511, "No user is signed in to Pieces OS.")
    static let notConnected = PiecesRefusal(511, "The user is not connected to a cloud.")
    static let cloudFailed = failed("The cloud did not answer.")

    var reply: CloudReply { Self.reply(status, message) }

    /// An error as this server writes all of them.
    static func reply(_ status: Int, _ message: String) -> CloudReply {
        CloudReply(
            status: status, contentType: "text/plain; charset=utf-8", body: Array(message.utf8))
    }
}
