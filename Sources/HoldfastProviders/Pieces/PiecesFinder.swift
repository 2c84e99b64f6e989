import HoldfastCore

/// Finds the Pieces OS of this machine, and remembers where it was.
actor PiecesFinder {
    /// Newer releases take the first free port of the first range; older ones have one of the others.
    static let knownPorts = Array(39_300...39_333) + [5323, 1000]
    /// A port on which somebody says nothing is passed over after this time.
    static let usualPatience = Duration.seconds(2)

    private let patience: Duration
    private let candidates: [String]
    private let transport: @Sendable (_ endpoint: String) -> HTTPTransport
    private var found: String?

    /// - Parameter candidates: The addresses to try, in this order; a single one is not tried.
    init(
        candidates: [String], patience: Duration = usualPatience,
        transport: @escaping @Sendable (_ endpoint: String) -> HTTPTransport
    ) {
        precondition(!candidates.isEmpty, "nowhere to look for Pieces OS")
        self.candidates = candidates
        self.patience = patience
        self.transport = transport
    }

    /// The way to the server.
    ///
    /// - Throws: `transient` when it does not run.
    func find() async throws(ProviderError) -> HTTPTransport {
        if candidates.count == 1 { return transport(candidates[0]) }
        if let found { return transport(found) }
        for candidate in candidates where await answers(candidate) {
            found = candidate
            return transport(candidate)
        }
        throw ProviderError(
            .transient,
            "Pieces OS does not run on this machine: nobody answers at \(candidates[0]) or the "
                + "other \(candidates.count - 1) known addresses; start it, or set 'endpoint'")
    }

    /// It may come up on another port next time.
    func forget() { found = nil }

    private func answers(_ candidate: String) async -> Bool {
        var request = VendorRequest(.get, "/.well-known/health")
        request.timeout = patience
        // Whatever goes wrong, it is not there.
        guard let reply = try? await transport(candidate).send(request) else { return false }
        return PiecesFinder.isHealthy(reply)
    }

    static func isHealthy(_ reply: VendorReply) -> Bool {
        reply.status == 200 && reply.body.starts(with: "ok".utf8)
    }
}
