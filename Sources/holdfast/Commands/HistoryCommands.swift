import ArgumentParser
import HoldfastControl
import HoldfastCore

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "The queue: what waits, runs and has ended.")

    @OptionGroup var socket: SocketOption
    @OptionGroup var page: PageOptions
    @OptionGroup var json: JSONFlag
    @Option(help: "ready, running, succeeded, failed, missed or cancelled.")
    var state: String?

    func validate() throws {
        if let state, !JobState.names.contains(state) {
            throw ValidationError("--state is one of \(JobState.names.joined(separator: ", "))")
        }
    }

    func run() async throws {
        try await performing {
            let found = try await socket.client.get(
                PageWire<JobWire>.self, "/v1/jobs", query: page.query(state: state))
            if json.isOn { return try Output.json(found) }
            var table = Table([
                "JOB", "KIND", "TARGET", "POLICY", "WINDOW OPENS", "STATE", "ATTEMPT", "ENDED",
                "DETAIL",
            ])
            for job in found.items {
                table.add([
                    String(job.id), job.kind, job.target, job.policy, Show.instant(job.opens),
                    job.state, String(job.attempt), Show.instant(job.endedAt),
                    Self.detail(of: job),
                ])
            }
            table.print(ifEmpty: "No job matches.")
            Continuation.tell(found.nextCursor)
        }
    }

    private static func detail(of job: JobWire) -> String {
        if let progress = Show.progress(of: job) { return progress }
        if let notBefore = job.notBefore, job.failures > 0 {
            return "again at \(Show.instant(notBefore)): \(Show.brief(job.error))"
        }
        return Show.brief(job.error)
    }
}

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "Every attempt, newest first.")

    @OptionGroup var socket: SocketOption
    @OptionGroup var page: PageOptions
    @OptionGroup var json: JSONFlag
    @Option(help: "running, succeeded, failed, handed_back or interrupted.")
    var state: String?
    @Flag(help: "Print what hooks and tools said, too.")
    var output = false

    func validate() throws {
        if let state, RunState(rawValue: state) == nil {
            throw ValidationError(
                "--state is one of "
                    + RunState.allCases.map(\.rawValue).joined(separator: ", "))
        }
    }

    func run() async throws {
        try await performing {
            let found = try await socket.client.get(
                PageWire<RunWire>.self, "/v1/runs", query: page.query(state: state))
            if json.isOn { return try Output.json(found) }
            var table = Table([
                "RUN", "KIND", "TARGET", "POLICY", "ATTEMPT", "STATE", "STARTED", "TOOK", "TOKEN",
                "ERROR",
            ])
            for run in found.items {
                let took = run.endedAt.map { DurationText.brief($0 - run.startedAt) }
                table.add([
                    String(run.id), run.kind, run.target, run.policy, String(run.attempt),
                    run.adopted ? "\(run.state) (found)" : run.state,
                    Show.instant(run.startedAt), took ?? Show.none, run.token ?? Show.none,
                    Show.brief(run.error),
                ])
            }
            table.print(ifEmpty: "No run matches.")
            if output {
                for run in found.items {
                    guard let text = run.output else { continue }
                    Output.line("\nrun \(run.id), \(run.target):")
                    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                        Output.line("    " + Table.harmless(String(line)))
                    }
                }
            }
            Continuation.tell(found.nextCursor)
        }
    }
}

struct PointsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "points", abstract: "The recovery points, newest first.",
        subcommands: [PointsListCommand.self, PointsNoteCommand.self],
        defaultSubcommand: PointsListCommand.self)
}

struct PointsNoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "note", abstract: "Write a note beside a point at its provider.",
        discussion: "Only providers that have a place for it: Contabo, in the description.")

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Argument(help: "A point's id, or TARGET@latest.")
    var point: String
    @Argument(help: "The note; empty to remove it.")
    var text: String

    func run() async throws {
        try await performing {
            let noted = try await socket.client.post(
                PointWire.self, "/v1/points/\(ControlClient.pathPiece(point))/note",
                query: ["text": text])
            if json.isOn { return try Output.json(noted) }
            Output.line("noted beside \(noted.id) of \(noted.target)")
        }
    }
}

struct PointsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The recovery points, newest first.")

    @OptionGroup var socket: SocketOption
    @OptionGroup var page: PageOptions
    @OptionGroup var json: JSONFlag
    @Option(help: "available, damaged, deleted, missing, expired, destroyed or all.")
    var state = "available"
    @Flag(help: "What providers have of the targets that is not ours.")
    var foreign = false
    @Flag(help: "The points of targets that are gone, and what is done with them.")
    var orphans = false
    @Flag(help: "Only points that retention let go and that wait for the end of their grace.")
    var marked = false

    func validate() throws {
        guard !marked || state == "available" else {
            throw ValidationError("--marked shows available points; leave --state out")
        }
        guard state == "all" || PointState(rawValue: state) != nil else {
            let words = PointState.allCases.map(\.rawValue) + ["all"]
            throw ValidationError("--state is one of \(words.joined(separator: ", "))")
        }
        guard
            !orphans
                || (!foreign && page.policy == nil && page.target == nil && state == "available")
        else { throw ValidationError("--orphans takes no other filter") }
        guard !foreign || (page.policy == nil && state == "available") else {
            throw ValidationError(
                "--foreign goes with --target alone: what is not ours has no policy and no state")
        }
    }

    func run() async throws {
        try await performing {
            if orphans { return try await OrphanListing(socket, json).run() }
            if foreign { return try await ForeignListing(socket, page, json).run() }
            var query = page.query(state: state == "all" ? nil : state)
            if marked { query["marked"] = "true" }
            let found = try await socket.client.get(
                PageWire<PointWire>.self, "/v1/points", query: query)
            if json.isOn { return try Output.json(found) }
            Self.table(found.items).print(ifEmpty: "No recovery point matches.")
            Continuation.tell(found.nextCursor)
            if marked {
                try await PruningNotes(socket).tell(ofPausesAmong: found.items.map(\.policy))
            }
        }
    }

    static func table(_ points: [PointWire]) -> Table {
        var table = Table([
            "POINT", "TARGET", "POLICY", "TAKEN", "SOURCE", "STORED", "ENTRIES", "VERIFIED",
            "PROOF", "STATE",
        ])
        for point in points {
            let mark =
                point.heldSince.map { "held by prune_guard since \(Show.instant($0))" }
                ?? point.deleteAfter.map { "goes after \(Show.instant($0))" }
            table.add([
                point.id, point.target, point.policy, Show.instant(point.takenAt),
                Show.bytes(point.sourceBytes), Show.bytes(point.storedBytes),
                Show.number(point.entries), Show.instant(point.verifiedAt),
                Show.proof(point.proof, point.restoreMs), state(of: point, mark),
            ])
        }
        return table
    }

    private static func state(of point: PointWire, _ mark: String?) -> String {
        guard point.state == "available" else { return point.state }
        return point.origin == "vendor"
            ? "available, the vendor's own"
            : mark ?? point.pin.map(PinnedText.state) ?? point.state
    }
}

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "The audit log, newest first.",
        discussion: "With --follow the entries that come, oldest first, until the daemon stops.")

    @OptionGroup var socket: SocketOption
    @OptionGroup var page: PageOptions
    @OptionGroup var json: JSONFlag
    @Option(help: "Only this kind, for example backup.failed.")
    var kind: String?
    @Flag(name: .shortAndLong, help: "Print what comes, as it comes, and how far transfers are.")
    var follow = false
    @Option(help: ArgumentHelp("Follow from after this entry on.", valueName: "event"))
    var after: Int64?

    func validate() throws {
        guard follow || after == nil else {
            throw ValidationError("--after goes with --follow; use --cursor in a listing")
        }
        guard !follow || page.cursor == nil else {
            throw ValidationError("--cursor is for listings; use --after with --follow")
        }
        let kinds = EventKind.allCases.map(\.rawValue)
        if let kind, !kinds.contains(kind) {
            let clause = Suggestion.nearest(to: kind, among: kinds).map { "; did you mean \($0)?" }
            throw ValidationError(
                "--kind '\(kind)' is no kind of event"
                    + (clause ?? "; there are \(kinds.joined(separator: ", "))"))
        }
    }

    func run() async throws {
        if follow { return try await performing { try await followNews() } }
        try await performing {
            let found = try await socket.client.get(
                PageWire<EventWire>.self, "/v1/events", query: page.query(state: kind))
            if json.isOn { return try Output.json(found) }
            var table = Table(["EVENT", "AT", "KIND", "ACTOR", "POLICY", "TARGET", "DETAIL"])
            for event in found.items {
                table.add([
                    String(event.id), event.at.rfc3339, event.kind, event.actor,
                    event.policy ?? Show.none, event.target ?? Show.none,
                    Show.brief(event.detail, to: 160),
                ])
            }
            table.print(ifEmpty: "No event matches.")
            Continuation.tell(found.nextCursor)
        }
    }
}

/// Tells how a listing goes on.
enum Continuation {
    static func tell(_ cursor: String?) {
        guard let cursor else { return }
        Output.error("There are more; go on with --cursor \(cursor)")
    }
}
