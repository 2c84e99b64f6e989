import Foundation
import HoldfastCore

/// What DigitalOcean's refusals mean for the next step: one table.
enum DigitalOceanMapping {
    /// After "pending event" the Droplet is asked again after this time.
    static let pendingWait = Duration.seconds(60)
    /// A volume takes one snapshot in this time, and says no more than that when it refuses.
    static let volumeWait = Duration.minutes(10)
    /// What a refusal for too many requests means when the vendor gives no time.
    static let throttleWait = Duration.seconds(60)

    /// The error of an answer that is no success.
    ///
    /// - Parameter isRepeatable: Whether the request may be sent again whatever became of it.
    static func error(
        _ reply: VendorReply, of what: String, isRepeatable: Bool, now: Timestamp
    ) -> ProviderError {
        // An error page instead of JSON has no words of the vendor's to read.
        let body = try? JSONDecoder().decode(DigitalOceanWire.ErrorBody.self, from: reply.body)
        let words = body?.message ?? VendorDecoding.excerpt(reply.body)
        let text =
            "\(what) was refused with \(reply.status)"
            + (body?.id.map { " \($0.prefix(60))" } ?? "")
            + ": \(BoundedText.cut(words, to: VendorDecoding.wordsMax))"
            + VendorDecoding.mark(reply, body?.requestID)
        switch reply.status {
        case 401:
            return ProviderError(
                .authentication, text + "; give the provider a token that is in force")
        case 403:
            return ProviderError(
                .authentication,
                text + "; give the token the scopes that docs/providers/digitalocean.md lists")
        case 404: return ProviderError(.notFound, text)
        case 422 where isPending(words):
            return ProviderError(
                .throttled, text + "; another action runs there, which is waited for",
                retryAfter: now + pendingWait)
        case 422 where isFull(words): return ProviderError(.quota, text)
        case 429: return throttled(reply, words, text, now)
        case 500...599:
            return isRepeatable
                ? ProviderError(.transient, text)
                : ProviderError(.ambiguous, text + "; it may have been done")
        default: return ProviderError(.permanent, text)
        }
    }

    private static func throttled(
        _ reply: VendorReply, _ words: String, _ text: String, _ now: Timestamp
    ) -> ProviderError {
        if words.contains("10m0s") {
            return ProviderError(
                .throttled, text + "; a volume takes one snapshot in ten minutes",
                retryAfter: now + volumeWait)
        }
        let seconds = reply.headers["retry-after"].flatMap { Int64($0) } ?? 0
        let wait = (1...86_400).contains(seconds) ? Duration.seconds(seconds) : throttleWait
        return ProviderError(.throttled, text, retryAfter: now + wait)
    }

    private static func isPending(_ words: String) -> Bool {
        let lower = words.lowercased()
        return lower.contains("pending event") || lower.contains("is locked")
    }

    private static func isFull(_ words: String) -> Bool {
        let lower = words.lowercased()
        return lower.contains("limit") && lower.contains("snapshot")
    }
}
