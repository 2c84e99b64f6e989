import Foundation
import HoldfastCore

/// What the Cloud API's refusals mean for the next step: one table.
enum IONOSMapping {
    /// What a refusal for too many requests means when the vendor gives no time.
    static let throttleWait = Duration.seconds(60)
    /// Something else works on the same thing; it is asked for again after this time.
    static let busyWait = Duration.seconds(30)

    /// The error of an answer that is no success.
    ///
    /// - Parameters:
    ///   - isRepeatable: Whether the request may be sent again whatever became of it.
    ///   - secret: Must not be shown, and neither must what can't be read of the answer.
    static func error(
        _ reply: VendorReply, of what: String, isRepeatable: Bool, hiding secret: Secret? = nil,
        now: Timestamp
    ) -> ProviderError {
        let words = self.words(of: reply, isSecret: secret != nil)
        let text =
            "\(what) was refused with \(reply.status): "
            + shown(words, hiding: secret) + VendorDecoding.mark(reply)
        switch reply.status {
        case 401:
            return ProviderError(
                .authentication, text + "; give the provider a token or password that is in force")
        case 403:
            return ProviderError(
                .authentication,
                text + "; grant the user the rights that docs/providers/ionos.md lists, and check "
                    + "'contract'")
        case 402: return ProviderError(.quota, text + "; a trial contract does not take this")
        case 404: return ProviderError(.notFound, text)
        case 423:
            return ProviderError(.throttled, text, retryAfter: now + busyWait)
        case 409, 422:
            if isFull(words) { return ProviderError(.quota, text) }
            return isBusy(words)
                ? ProviderError(.throttled, text, retryAfter: now + busyWait)
                : ProviderError(.permanent, text)
        case 429:
            let seconds = reply.headers["retry-after"].flatMap { Int64($0) } ?? 0
            let wait = (1...86_400).contains(seconds) ? Duration.seconds(seconds) : throttleWait
            return ProviderError(.throttled, text, retryAfter: now + wait)
        case 500...599:
            return isRepeatable
                ? ProviderError(.transient, text)
                : ProviderError(.ambiguous, text + "; it may have been done")
        default: return ProviderError(.permanent, text)
        }
    }

    /// What a request that ended `FAILED` means.
    ///
    /// - Parameters:
    ///   - kind: Unless the contract has no room, which is always `quota`.
    ///   - secret: Must not be shown.
    static func failure(
        _ message: String?, of what: String, as kind: ProviderError.Kind,
        hiding secret: Secret? = nil
    ) -> ProviderError {
        let words =
            message.map { shown($0, hiding: secret) } ?? "no reason"
        return ProviderError(
            isFull(words) ? .quota : kind,
            "\(what) ended FAILED at IONOS: \(words)")
    }

    /// The vendor's words for a message. A secret goes before they are cut, or its beginning might
    /// stay.
    private static func shown(_ words: String, hiding secret: Secret?) -> String {
        let clean =
            secret?.reveal { $0.isEmpty ? words : words.replacing($0, with: "<redacted>") } ?? words
        return BoundedText.cut(printable(clean), to: VendorDecoding.wordsMax)
    }

    /// Whether a thing is refused because it is being deleted already.
    static func isDeletion(_ error: ProviderError) -> Bool {
        let lower = error.message.lowercased()
        return lower.contains("marked for deletion") || lower.contains("being deleted")
    }

    /// Text of the vendor's for a message: one line, without control characters.
    static func printable(_ text: String) -> String {
        var line = ""
        line.unicodeScalars.append(
            contentsOf: text.unicodeScalars.map {
                $0.properties.generalCategory == .control ? " " : $0
            })
        return line
    }

    private static func words(of reply: VendorReply, isSecret: Bool) -> String {
        // An error page instead of JSON has no words of the vendor's to read.
        let body = try? JSONDecoder().decode(IONOSWire.ErrorBody.self, from: reply.body)
        let messages = (body?.messages ?? []).prefix(5).compactMap { message in
            message.message.map { text in
                (message.errorCode.map { "\($0.description.prefix(20)) " } ?? "") + text
            }
        }
        guard messages.isEmpty else { return printable(messages.joined(separator: "; ")) }
        return isSecret ? "no reason that can be read" : VendorDecoding.excerpt(reply.body)
    }

    private static func isFull(_ words: String) -> Bool {
        let lower = words.lowercased()
        if lower.contains("quota") { return true }
        let isLimit = lower.contains("limit")
        return isLimit
            && ["exceed", "reach", "contract", "resource"].contains { lower.contains($0) }
    }

    private static func isBusy(_ words: String) -> Bool {
        let lower = words.lowercased()
        return ["locked", "being provisioned", "is busy", "in progress"].contains {
            lower.contains($0)
        }
    }
}
