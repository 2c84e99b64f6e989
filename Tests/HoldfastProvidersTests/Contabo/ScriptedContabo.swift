import HoldfastCore
import SimulatedClouds
import Testing

@testable import HoldfastProviders

/// Bodies of a Contabo that a test writes down.
enum ContaboBody {
    static let token = #"{"access_token":"t","expires_in":300,"token_type":"Bearer"}"#
    static let emptyPage =
        #"{"_pagination":{"size":100,"totalElements":0,"totalPages":0,"page":1},"data":[],"#
        + #""_links":{"self":"/","first":"/","last":"/"}}"#

    /// A snapshot of instance 100101.
    static func snapshot(_ id: String, name: String) -> String {
        #"{"snapshotId":"\#(id)","name":"\#(name)","description":"","instanceId":100101,"#
            + #""createdDate":"2026-03-28T12:00:00.363Z"}"#
    }

    static func page(
        _ items: [String], page: Int = 1, pages: Int = 1, total: Int? = nil, next: String? = nil
    ) -> String {
        let link = next.map { #","next":"\#($0)""# } ?? ""
        return #"{"_pagination":{"size":100,"totalElements":\#(total ?? items.count),"#
            + #""totalPages":\#(pages),"page":\#(page)},"data":[\#(items.joined(separator: ","))],"#
            + #""_links":{"self":"/"\#(link)}}"#
    }
}

/// Runs a body with the adapter for a scripted Contabo, and a target of instance 100101.
func withScripted(
    _ vendor: RecordingVendor, clock: SimulatedClock = SimulatedClock(standingAt: Bench.noon),
    _ body: @Sendable (ContaboProvider, Target) async throws -> Void
) async throws {
    try await ProviderUnderTest.instance.serving(CloudDesk(vendor, clock: clock)) { url in
        let id = ProviderID(trusted: "under-test")
        try await body(
            ProviderUnderTest.contabo(id, at: url, .full, clock),
            Target(
                id: TargetID(trusted: "web"), provider: id,
                subject: ProviderUnderTest.instance.subject,
                policies: [PolicyID(trusted: "nightly")]))
    }
}
