import Foundation
import HoldfastCore

/// What Contabo's refusals mean for the next step: one table for the interface, one for the token
/// server.
enum ContaboMapping {
    /// A 409 is not explained by the vendor; most likely something else runs on the instance.
    static let conflictWait = Duration.seconds(60)
    /// What a refusal for too many requests means when the vendor gives no time, as it may.
    static let throttleWait = Duration.seconds(60)

    /// The error of an answer of the interface that is no success.
    ///
    /// - Parameter isRepeatable: Whether the request may be sent again whatever became of it.
    static func error(
        _ reply: VendorReply, of what: String, isRepeatable: Bool, now: Timestamp
    ) -> ProviderError {
        // An error page instead of JSON has no words of the vendor's to read.
        let body = try? JSONDecoder().decode(ContaboWire.ErrorBody.self, from: reply.body)
        let words = body.map { VendorDecoding.shown($0.message, max: VendorDecoding.wordsMax) }
        let text =
            "\(what) was refused with \(reply.status): "
            + (words ?? VendorDecoding.excerpt(reply.body)) + VendorDecoding.mark(reply)
        switch reply.status {
        case 401:
            return ProviderError(
                .authentication,
                text + "; a new token did not help: look at the API user in the control panel")
        case 402:
            guard let slots = ProviderPlaces.told(in: words ?? "") else {
                // Somebody who owes the vendor money must not lose a point to `replace_oldest`.
                return ProviderError(
                    .permanent,
                    text + "; it does not say that the slots are taken: look at the account in the "
                        + "control panel")
            }
            return ProviderError(.quota, text + "; " + advice(slots: slots))
        case 403:
            return ProviderError(
                .authentication,
                text + "; give the API user the rights that docs/providers/contabo.md lists")
        case 404: return ProviderError(.notFound, text)
        case 409:
            return ProviderError(
                .throttled, text + "; most likely something else runs there, which is waited for",
                retryAfter: now + conflictWait)
        case 429:
            return ProviderError(.throttled, text, retryAfter: now + wait(after: reply))
        case 500...599:
            return isRepeatable
                ? ProviderError(.transient, text)
                : ProviderError(.ambiguous, text + "; it may have been done")
        default: return ProviderError(.permanent, text)
        }
    }

    /// The error of an answer of the token server that is no success. Nothing was ordered then, so
    /// none is ambiguous.
    static func tokenError(
        _ reply: VendorReply, of what: String, now: Timestamp
    ) -> ProviderError {
        // What is not the token server's own JSON may hold what was sent, and is not shown.
        let body = try? JSONDecoder().decode(ContaboWire.TokenError.self, from: reply.body)
        let words = body.map { [$0.error, $0.description].compactMap(\.self) } ?? []
        let shown = VendorDecoding.shown(
            words.joined(separator: ": "), max: VendorDecoding.wordsMax)
        let text =
            "\(what) was refused with \(reply.status)"
            + (shown.isEmpty ? " and no words of its own" : ": " + shown)
            + VendorDecoding.mark(reply)
        switch reply.status {
        case 400, 401, 403:
            return ProviderError(
                .authentication,
                text + "; compare client_id, client_secret, user and password with 'API' in the "
                    + "control panel")
        case 404: return ProviderError(.permanent, text + "; look at token_url")
        case 429:
            return ProviderError(.throttled, text, retryAfter: now + wait(after: reply))
        case 500...599: return ProviderError(.transient, text)
        default: return ProviderError(.permanent, text + "; look at token_url")
        }
    }

    private static func advice(slots: Int) -> String {
        slots == 0
            ? "this product has no snapshots: remove the target, or change the product"
            : "all \(slots) of the instance's slots are taken: let retention keep fewer, or delete "
                + "what was made by hand"
    }

    private static func wait(after reply: VendorReply) -> Duration {
        let seconds = reply.headers["retry-after"].flatMap { Int64($0) } ?? 0
        return (1...86_400).contains(seconds) ? .seconds(seconds) : throttleWait
    }
}
