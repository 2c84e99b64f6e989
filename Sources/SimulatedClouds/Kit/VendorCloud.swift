/// A vendor's imitation behind the desk. It knows the vendor's paths, words and state; connections,
/// faults and the log are not its business.
public protocol VendorCloud: Sendable {
    /// The vendor's name, as the configuration writes it.
    var kind: String { get }
    /// What a client must present, by the configuration's words.
    var credentials: [String: String] { get async }
    /// The same, with the addresses that belong to them when the vendor is served at a URL.
    func credentials(at url: String) async -> [String: String]
    /// The route that a request takes, with names where ids stand; `nil` when there is none.
    func route(of request: CloudRequest) -> String?
    /// Does the work and answers.
    func answer(_ request: CloudRequest) async -> CloudReply
    /// The vendor's error body for a status that a fault ordered.
    func refusal(status: Int) async -> CloudReply
    /// The same for one request, where the vendor has several error bodies.
    func refusal(status: Int, of request: CloudRequest) async -> CloudReply
    /// Changes what the account has, past the vendor's interface.
    ///
    /// - Returns: The id of what was changed or made.
    func change(_ change: EstateChange) async throws(InvalidEstateChange) -> String
    /// The state as JSON, which `init` of the same vendor reads back.
    func savedState() async throws -> [UInt8]
}

extension VendorCloud {
    /// No address belongs to them.
    public func credentials(at url: String) async -> [String: String] { await credentials }

    /// There is nothing that could be changed so.
    public func change(
        _ change: EstateChange
    ) async throws(InvalidEstateChange) -> String {
        throw InvalidEstateChange("a simulated \(kind) has no machines and volumes")
    }

    /// One error body for every path.
    public func refusal(status: Int, of request: CloudRequest) async -> CloudReply {
        await refusal(status: status)
    }
}
