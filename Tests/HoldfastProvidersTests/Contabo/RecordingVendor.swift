import Foundation
import HoldfastCore
import SimulatedClouds

/// A vendor whose answers a test writes down, and which remembers what it was asked.
actor RecordingVendor: VendorCloud {
    private let script: @Sendable (CloudRequest) -> CloudReply?
    private(set) var requests: [CloudRequest] = []

    /// - Parameter script: The answer to a request; `nil`: 404.
    init(_ script: @escaping @Sendable (CloudRequest) -> CloudReply?) {
        self.script = script
    }

    nonisolated var kind: String { "scripted" }
    var credentials: [String: String] { [:] }

    nonisolated func route(of request: CloudRequest) -> String? { request.path }

    func answer(_ request: CloudRequest) -> CloudReply {
        requests.append(request)
        return script(request) ?? CloudReply(status: 404)
    }

    func refusal(status: Int) -> CloudReply { CloudReply(status: status) }
    func savedState() -> [UInt8] { [] }
}

extension CloudReply {
    /// A reply with a text that says that it is JSON.
    static func scripted(_ body: String, status: Int = 200) -> CloudReply {
        CloudReply(status: status, contentType: "application/json", body: Array(body.utf8))
    }
}
