/// A request as a simulated vendor sees it.
public struct CloudRequest: Sendable {
    /// In capital letters.
    public let method: String
    /// Without the query.
    public let path: String
    /// As it was sent, percent signs and all; empty when there is none.
    public let query: String
    /// In order; names in small letters.
    public let headers: [(name: String, value: String)]
    /// The body, whole.
    public let body: [UInt8]
    /// Set by the desk when the request is answered.
    public var orders = FaultOrders()

    /// Takes a request apart.
    ///
    /// - Parameter target: The path with its query.
    public init(
        _ method: String, _ target: String, headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.method = method
        path = String(parts.first ?? "/")
        query = parts.count > 1 ? String(parts[1]) : ""
        self.headers = headers.map { ($0.name.lowercased(), $0.value) }
        self.body = body
    }

    /// The path with its query.
    public var target: String { query.isEmpty ? path : path + "?" + query }

    /// The first header of that name, given in small letters.
    public func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    /// The parts of the path between its slashes, decoded.
    public var segments: [String] {
        path.split(separator: "/").map { $0.removingPercents }
    }

    /// The items of the query, decoded, in order.
    public var queryItems: [(name: String, value: String)] { Self.items(of: query) }

    /// The items of a body that is a form, decoded, in order.
    var formItems: [(name: String, value: String)] {
        Self.items(of: String(decoding: body, as: UTF8.self))
    }

    private static func items(of text: String) -> [(name: String, value: String)] {
        text.split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // A plus is a space here; a real plus comes as %2B.
            let value = (parts.count > 1 ? parts[1] : "")
                .split(separator: "+", omittingEmptySubsequences: false).joined(separator: " ")
            return (parts[0].removingPercents, value[...].removingPercents)
        }
    }
}

/// What a fault asks of the vendor itself; the rest of a fault is done around it.
public struct FaultOrders: Hashable, Sendable {
    /// The action that this request starts ends in failure.
    public var actionErrs = false
    /// The next page of a list is the same page.
    public var pagesAreEndless = false
}

extension Substring {
    /// The text with `%41` made `A`; what is no such triple stays as it is.
    fileprivate var removingPercents: String {
        guard contains("%") else { return String(self) }
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25, rest.count >= 2,
                let decoded = UInt8(Substring(rest.prefix(2)), radix: 16)
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(decoded)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A reply before it is written to the connection.
public struct CloudReply: Sendable {
    /// The HTTP status.
    public var status: Int
    /// Besides `content-length`, `content-type` and `date`, which the desk sets.
    public var headers: [(name: String, value: String)]
    /// What `body` is; `nil` without one.
    public var contentType: String?
    /// The body.
    public var body: [UInt8]
    /// So many spaces follow the body, and count as part of it.
    public var padding = 0
    /// What follows `body`, piece by piece; the length is not announced then.
    public var stream: CloudStream?

    /// Takes all of it.
    public init(
        status: Int, headers: [(name: String, value: String)] = [], contentType: String? = nil,
        body: [UInt8] = []
    ) {
        self.status = status
        self.headers = headers
        self.contentType = contentType
        self.body = body
    }

    /// A reply with JSON in it.
    public static func json(
        _ value: JSON, status: Int = 200, headers: [(name: String, value: String)] = []
    ) -> CloudReply {
        CloudReply(
            status: status, headers: headers, contentType: "application/json; charset=utf-8",
            body: value.bytes)
    }

    /// The first header of that name, given in small letters.
    public func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    /// HTTP allows no body, and no length, with some statuses.
    var mayHaveBody: Bool { status != 204 && status != 304 }
}

/// What happens on the connection.
public enum CloudOutcome: Sendable {
    /// The reply is sent.
    case reply(CloudReply)
    /// The connection is closed without a reply.
    case cut
    /// Half of the body is sent under the length of the whole, then the connection is closed. Of
    /// a stream it is half of the pieces.
    case truncated(CloudReply)
}
