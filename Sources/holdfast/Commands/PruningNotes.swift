import HoldfastControl
import HoldfastCore

/// What stands in the way of pruning at the moment, told below what is to go.
struct PruningNotes {
    private let status: StatusWire

    init(_ socket: SocketOption) async throws {
        status = try await socket.client.get(StatusWire.self, "/v1/status")
    }

    /// The daemon's wall clock.
    var now: Timestamp { status.now }

    /// Names those of these policies that are paused.
    func tell(ofPausesAmong policies: [String]) {
        let named = Set(policies)
        for pause in status.pauses where named.contains(pause.policy) {
            Output.line(
                "paused: \(CoverageText.pause(pause)); nothing of it goes before that ends ('holdfast "
                    + "resume \(pause.policy)')")
        }
    }

    /// Says so when nothing is deleted for now.
    func tellOfDoubt() {
        guard let reason = status.pruningHeld else { return }
        Output.line("pruning is held: \(reason); nothing is deleted before that is over")
    }
}
