/// One fault of a plan: which requests it hits, and what it does to them.
///
/// As JSON, with the default of each member that may be left out:
///
/// ```json
/// {"fault": "status", "method": "*", "path": "*", "skip": 0, "count": 1, "every": 1,
///  "status": 503, "retry_after": 30, "body": "json"}
/// ```
///
/// | `fault` | its own members | what it does |
/// |---|---|---|
/// | `status` | `status`, `retry_after`, `body` (`json`, `text`, `html`) | answers without doing the work |
/// | `cut_before` | | closes the connection before the work is done |
/// | `cut_after` | | closes it after the work was done |
/// | `lost_reply` | | does the work, then answers 500 |
/// | `delay` | `milliseconds` | answers so much later, in real time |
/// | `truncate` | | sends half of the body under the length of the whole |
/// | `action_errored` | | the action that the request starts ends in failure |
/// | `empty_200` | | does the work, then answers 200 with no body |
/// | `endless_pages` | | the list's next page is the same page |
/// | `clock_skew` | `seconds` | the `Date` header is wrong by so much |
/// | `huge_body` | `bytes` | so many spaces follow the body |
///
/// `path` is compared whole; a `*` in it stands for any text. With a `?` in it, it is compared with
/// the path and its query. `skip` matching requests are left alone first; then each `every`th is
/// hit, `count` times. Without `count` that is once, or without end when `every` is written.
public struct Fault: Sendable {
    /// What a fault does.
    public enum Deed: Hashable, Sendable {
        /// Answers without doing the work; `retryAfter` in seconds.
        case status(Int, retryAfter: Int64?, body: BodyForm)
        /// Closes the connection before the work is done.
        case cutBefore
        /// Closes the connection after the work was done.
        case cutAfter
        /// Does the work, then answers 500.
        case lostReply
        /// Answers so much later, in real time.
        case delay(Duration)
        /// Sends half of the body under the length of the whole.
        case truncate
        /// The action that the request starts ends in failure.
        case actionErrored
        /// Does the work, then answers 200 with no body.
        case emptyReply
        /// The list's next page is the same page.
        case endlessPages
        /// The `Date` header is wrong by so much.
        case clockSkew(Duration)
        /// So many spaces follow the body.
        case hugeBody(Int)
    }

    /// How the body of an ordered status looks.
    public enum BodyForm: String, Hashable, Sendable, CaseIterable {
        /// The vendor's error body.
        case json
        /// A line of text.
        case text
        /// The page of a proxy in between.
        case html
    }

    /// In capital letters, or `*`.
    let method: String
    let path: String
    /// Matching requests that are left alone first.
    let skip: Int
    /// Each so-manyth matching request after those is hit.
    let every: Int
    /// How many are hit at most; `nil`: without end.
    let count: Int?
    let deed: Deed
    /// As it was read, to be shown again.
    let source: JSON

    /// Whether the fault is about such requests.
    func matches(_ request: CloudRequest) -> Bool {
        guard method == "*" || method == request.method else { return false }
        return Wildcard(path).matches(path.contains("?") ? request.target : request.path)
    }
}

/// Why a fault plan can't be read.
public struct InvalidFaultPlan: Error, Hashable, CustomStringConvertible, Sendable {
    /// The place in the plan, and what would be right.
    public let description: String
}

/// Reads one fault.
struct FaultReader {
    private let json: JSON
    private let place: String

    /// - Parameter place: Where the fault stands, for messages.
    init(_ json: JSON, at place: String) {
        self.json = json
        self.place = place
    }

    private static let common = ["fault", "method", "path", "skip", "count", "every"]
    private static let own: [String: [String]] = [
        "status": ["status", "retry_after", "body"], "cut_before": [], "cut_after": [],
        "lost_reply": [], "delay": ["milliseconds"], "truncate": [], "action_errored": [],
        "empty_200": [], "endless_pages": [], "clock_skew": ["seconds"], "huge_body": ["bytes"],
    ]
    /// The keys of `own`, in the order of the documents.
    private static let names = [
        "status", "cut_before", "cut_after", "lost_reply", "delay", "truncate", "action_errored",
        "empty_200", "endless_pages", "clock_skew", "huge_body",
    ]
    /// Longer bodies would fill the memory, longer delays any patience.
    private static let bytesMax: Int64 = 1 << 30
    private static let millisecondsMax: Int64 = 3_600_000

    func fault() throws(InvalidFaultPlan) -> Fault {
        guard case .object(let members) = json else { throw refusal("is no object") }
        guard let name = json["fault"]?.text, let own = Self.own[name] else {
            throw refusal(".fault is one of \(Self.names.joined(separator: ", "))")
        }
        let known = Self.common + own
        if let stranger = members.first(where: { !known.contains($0.name) }) {
            throw refusal(
                ".\(stranger.name) is not known to '\(name)'; it takes "
                    + known.joined(separator: ", "))
        }
        let every = try number("every", in: 1...Int64(Int32.max))
        let count = try number("count", in: 1...Int64(Int32.max))
        return Fault(
            method: try text("method")?.uppercased() ?? "*", path: try text("path") ?? "*",
            skip: Int(try number("skip", in: 0...Int64(Int32.max)) ?? 0), every: Int(every ?? 1),
            count: count.map { Int($0) } ?? (every == nil ? 1 : nil), deed: try deed(named: name),
            source: json)
    }

    private func deed(named name: String) throws(InvalidFaultPlan) -> Fault.Deed {
        switch name {
        case "status": try status()
        case "cut_before": .cutBefore
        case "cut_after": .cutAfter
        case "lost_reply": .lostReply
        case "delay": .delay(.milliseconds(try need("milliseconds", in: 0...Self.millisecondsMax)))
        case "truncate": .truncate
        case "action_errored": .actionErrored
        case "empty_200": .emptyReply
        case "endless_pages": .endlessPages
        case "clock_skew":
            .clockSkew(.seconds(try need("seconds", in: -4_000_000_000...4_000_000_000)))
        case "huge_body":
            .hugeBody(Int(try number("bytes", in: 1...Self.bytesMax) ?? 32 << 20))
        default: preconditionFailure("a fault without a deed: \(name)")
        }
    }

    private func status() throws(InvalidFaultPlan) -> Fault.Deed {
        let code = Int(try need("status", in: 200...599))
        let form = try text("body") ?? "json"
        guard let body = Fault.BodyForm(rawValue: form) else {
            throw refusal(".body is json, text or html")
        }
        return .status(
            code, retryAfter: try number("retry_after", in: 0...86_400), body: body)
    }

    private func need(
        _ name: String, in range: ClosedRange<Int64>
    ) throws(InvalidFaultPlan) -> Int64 {
        guard let number = try number(name, in: range) else {
            throw refusal(".\(name) is missing; use \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private func number(
        _ name: String, in range: ClosedRange<Int64>
    ) throws(InvalidFaultPlan) -> Int64? {
        guard let value = json[name] else { return nil }
        guard let number = value.number, range.contains(number) else {
            throw refusal(".\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private func text(_ name: String) throws(InvalidFaultPlan) -> String? {
        guard let value = json[name] else { return nil }
        guard let text = value.text else { throw refusal(".\(name) is a text") }
        return text
    }

    private func refusal(_ words: String) -> InvalidFaultPlan {
        InvalidFaultPlan(description: place + (words.hasPrefix(".") ? words : " " + words))
    }
}

/// A pattern in which `*` stands for any text, none included.
struct Wildcard {
    private let pattern: [UInt8]

    init(_ pattern: String) {
        self.pattern = Array(pattern.utf8)
    }

    /// Whether the whole text fits; linear in practice, as only the last `*` is tried again.
    func matches(_ text: String) -> Bool {
        let text = Array(text.utf8)
        var (at, position) = (0, 0)
        var retry: (pattern: Int, text: Int)?
        while position < text.count {
            if at < pattern.count, pattern[at] == 0x2A {
                retry = (at + 1, position)
                at += 1
            } else if at < pattern.count, pattern[at] == text[position] {
                (at, position) = (at + 1, position + 1)
            } else if let last = retry {
                retry = (last.pattern, last.text + 1)
                (at, position) = (last.pattern, last.text + 1)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == 0x2A }
    }
}
