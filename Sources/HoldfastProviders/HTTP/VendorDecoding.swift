import Foundation
import HoldfastCore

/// Reads a vendor's JSON, and says whose it is and what is wrong with it when it can't be read.
enum VendorDecoding {
    /// So much of a vendor's words goes into a message.
    static let wordsMax = 300

    /// Decodes a body.
    ///
    /// - Parameter what: The request, as messages name it.
    /// - Throws: `transient` for anything that is not the expected JSON: an empty body, an error
    ///   page, a missing field. Nothing of it is ever taken for an empty list.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from reply: VendorReply, of what: String
    ) throws(ProviderError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: reply.body)
        } catch {
            throw ProviderError(
                .transient,
                "\(what) was answered with \(reply.status) and something that can't be read "
                    + "(\(reason(error))): \(excerpt(reply.body))\(mark(reply))")
        }
    }

    /// The beginning of a body as one line of text.
    static func excerpt(_ body: Data) -> String {
        guard !body.isEmpty else { return "an empty body" }
        let text = String(decoding: body.prefix(wordsMax), as: UTF8.self)
        return "'\(printable(text))\(body.count > wordsMax ? "…" : "")'"
    }

    /// A vendor's text for a message: one line, without control characters, not too long.
    static func shown(_ text: String, max: Int = 200) -> String {
        printable(BoundedText.cut(text, to: max))
    }

    /// A text as one line without control characters.
    static func printable(_ text: String) -> String {
        var shown = ""
        shown.unicodeScalars.append(
            contentsOf: text.unicodeScalars.map {
                $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : $0
            })
        return shown
    }

    /// The vendor's name for the exchange, where it gave one.
    static func mark(_ reply: VendorReply, _ id: String? = nil) -> String {
        (id ?? reply.requestID).map { " (request \($0.prefix(100)))" } ?? ""
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        switch error {
        case .keyNotFound(let key, let context):
            return "'\(path(context, key))' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "'\(path(context))' is something else"
        case .dataCorrupted(let context):
            return context.codingPath.isEmpty ? "no JSON" : "'\(path(context))' can't be read"
        @unknown default: return "unknown"
        }
    }

    private static func path(
        _ context: DecodingError.Context, _ key: (any CodingKey)? = nil
    ) -> String {
        (context.codingPath + (key.map { [$0] } ?? [])).map {
            $0.intValue.map { "[\($0)]" } ?? $0.stringValue
        }.joined(separator: ".")
    }
}

/// A vendor's identifier, which may come as a number or as text.
struct VendorID: Decodable, Hashable, CustomStringConvertible {
    let description: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self) {  // else it is text
            description = String(number)
        } else {
            description = try container.decode(String.self)
        }
    }
}

/// An instant in a vendor's answer; one without a zone is UTC.
struct VendorInstant: Decodable, Hashable {
    let instant: Timestamp

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let read = Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "Z") else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is no instant")
        }
        instant = read
    }
}

/// An instant that is only shown: what can't be read is none, and makes no list unreadable.
struct VendorDate: Decodable, Hashable {
    let instant: Timestamp?

    init(from decoder: any Decoder) throws {
        instant = (try? VendorInstant(from: decoder))?.instant  // else it is not told
    }
}

/// A day that is only shown, such as `2026-12-24`: what can't be read is none.
struct VendorDay: Decodable, Hashable {
    /// The first instant of the day in UTC.
    let begins: Timestamp?

    init(from decoder: any Decoder) throws {
        let text = try? decoder.singleValueContainer().decode(String.self)  // else it is not told
        begins = text.flatMap { Timestamp(rfc3339: $0.prefix(10) + "T00:00:00Z") }
    }
}

/// A whole number of 0 or more in a vendor's answer, which may come with a fraction of zero or as
/// text.
struct VendorCount: Decodable, Hashable {
    let value: Int

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        var read: Int?
        if let number = try? container.decode(Int.self) {  // else it may be a fraction
            read = number
        } else if let number = try? container.decode(Double.self) {  // else it is text
            read = Int(exactly: number)
        } else {
            read = Int(try container.decode(String.self))
        }
        guard let read, read >= 0 else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "no whole number of 0 or more")
        }
        value = read
    }
}
