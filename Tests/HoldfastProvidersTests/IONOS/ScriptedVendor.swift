import HoldfastCore
import SimulatedClouds

/// Answers as it is told, also in ways that no simulated cloud would.
actor ScriptedVendor: VendorCloud {
    private let replies: [String: CloudReply]

    /// - Parameter replies: By `METHOD path`, without the query.
    init(_ replies: [String: CloudReply]) {
        self.replies = replies
    }

    nonisolated var kind: String { "scripted" }
    var credentials: [String: String] { [:] }
    nonisolated func route(of request: CloudRequest) -> String? { request.path }
    func savedState() -> [UInt8] { [] }

    func answer(_ request: CloudRequest) -> CloudReply {
        replies["\(request.method) \(request.path)"] ?? refusal(status: 404)
    }

    func refusal(status: Int) -> CloudReply {
        CloudReply(status: status, contentType: "application/json", body: Array("{}".utf8))
    }

    static func json(
        _ text: String, status: Int = 200, location: String? = nil
    ) -> CloudReply {
        CloudReply(
            status: status, headers: location.map { [("location", $0)] } ?? [],
            contentType: "application/json", body: Array(text.utf8))
    }
}
