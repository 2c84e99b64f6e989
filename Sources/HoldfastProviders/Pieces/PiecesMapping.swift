import Foundation
import HoldfastCore

/// What Pieces OS's refusals mean for the next step: one table. Its errors are plain text.
enum PiecesMapping {
    /// What a refusal for too many requests means when no time is given.
    static let throttleWait = Duration.seconds(60)

    /// The error of an answer that is no success.
    ///
    /// - Parameter isRepeatable: Whether the request may be sent again whatever became of it.
    static func error(
        _ reply: VendorReply, of what: String, isRepeatable: Bool, now: Timestamp
    ) -> ProviderError {
        let text =
            "\(what) was refused with \(reply.status): \(VendorDecoding.excerpt(reply.body))"
            + VendorDecoding.mark(reply)
        switch reply.status {
        case 401, 403:
            return ProviderError(
                .authentication,
                text + "; give the provider the 'application_id' that Pieces OS knows")
        case 404: return ProviderError(.notFound, text)
        case 429:
            let seconds = reply.headers["retry-after"].flatMap { Int64($0) } ?? 0
            let wait = (1...86_400).contains(seconds) ? Duration.seconds(seconds) : throttleWait
            return ProviderError(.throttled, text, retryAfter: now + wait)
        case 505:
            return ProviderError(
                .permanent, text + "; update Pieces OS, which is too old for cloud backups")
        case 511:
            return ProviderError(
                .authentication,
                text + "; sign in to Pieces and connect it to your cloud, in its settings")
        case 500...599:
            return isRepeatable
                ? ProviderError(.transient, text)
                : ProviderError(.ambiguous, text + "; it may have been done")
        default: return ProviderError(.permanent, text)
        }
    }

    /// Whether a refusal says that there is no such operation, so that nothing was done.
    static func isNotOffered(_ status: Int) -> Bool { [404, 405, 501].contains(status) }
}
