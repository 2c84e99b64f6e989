import ArgumentParser
import HoldfastControl
import HoldfastCore

/// `holdfast verify --drill TARGET`.
struct DrillOptions: ParsableArguments {
    @Flag(help: "Have the daemon drill the restore of a target, whose name stands for the point.")
    var drill = false
    @OptionGroup var socket: SocketOption
    @Option(
        help: ArgumentHelp("With --drill: under which of its policies.", valueName: "name"))
    var policy: String?
    @Flag(help: "With --drill: only put it into the queue.")
    var noWait = false

    struct Answer: Encodable {
        let job: JobWire
        let point: PointWire?
    }

    func validate(_ target: String, isByHand: Bool) throws {
        guard drill else {
            guard policy == nil, !noWait else {
                throw ValidationError("--policy and --no-wait belong to --drill")
            }
            return
        }
        guard !isByHand else {
            throw ValidationError(
                "--drill is the daemon's work, in the repository of the target's provider; leave "
                    + "--repository out")
        }
        guard !target.contains("@"), BackupToken(target) == nil else {
            throw ValidationError(
                "--drill takes a target's name; the policy's 'verify' says which of its points is "
                    + "taken")
        }
    }

    func run(_ target: String, isJSON: Bool) async throws {
        let client = socket.client
        let asked = try await client.post(
            JobWire.self, "/v1/targets/\(ControlClient.pathPiece(target))/verify",
            query: ["policy": policy])
        if noWait {
            if isJSON { return try Output.json(asked) }
            Output.line("job \(asked.id) is in the queue; 'holdfast jobs' shows it")
            return
        }
        let job = try await JobFollowing(client: client).end(of: asked)
        let point = try await point(of: job, client)
        if isJSON { try Output.json(Answer(job: job, point: point)) }
        guard job.state == "succeeded" else {
            let words = "the drill of '\(target)' \(job.state): \(job.error ?? "no reason given")"
            throw CommandFailure(
                .failed,
                point?.state == "damaged"
                    ? "\(words)\n\(point?.id ?? "") is damaged and counts for nothing any more"
                    : words)
        }
        if !isJSON { tell(point, of: target) }
    }

    /// The point that the drill took; its events name it.
    private func point(of job: JobWire, _ client: ControlClient) async throws -> PointWire? {
        let events = try await client.get(
            PageWire<EventWire>.self, "/v1/events",
            query: ["target": job.target, "limit": "1000"])
        guard let token = events.items.first(where: { $0.job == job.id && $0.token != nil })?.token
        else { return nil }
        let points = try await client.getAll(
            PointWire.self, "/v1/points", query: ["target": job.target])
        return points.items.first { $0.id == token }
    }

    private func tell(_ point: PointWire?, of target: String) {
        guard let point else {
            Output.line("the drill of '\(target)' succeeded")
            return
        }
        let name = "\(point.id) of \(target), taken at \(Show.instant(point.takenAt)),"
        guard point.proof == ProofKind.restored.rawValue else {
            Output.line(
                "\(name) was seen at provider '\(point.provider)', complete; it was not restored")
            return
        }
        Output.line(
            "\(name) was restored into a scratch directory in "
                + "\(Show.milliseconds(point.restoreMs)) and is whole: "
                + "\(Show.bytes(point.storedBytes)) read, "
                + Show.count(Int(point.entries ?? 0), "entry", "entries"))
    }
}
