import ArgumentParser
import HoldfastControl
import HoldfastCore

struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compare the points of a target, or of all, with what is at the provider.",
        discussion: """
            The daemon does it by itself once a day for each target ('reconcile' of the provider). \
            Nothing is changed at the provider. Points of ours that are gone become 'missing', \
            those found again return, and what is not ours is shown by 'holdfast points --foreign'.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Argument(help: "The target's name; without one, every target, and this does not wait.")
    var target: String?
    @Flag(help: "Only put it into the queue.")
    var noWait = false

    func run() async throws {
        try await performing {
            let client = socket.client
            guard let target else {
                let answer = try await client.post(ReconcileWire.self, "/v1/reconcile")
                if json.isOn { return try Output.json(answer) }
                Output.line(
                    "\(Show.count(answer.jobs, "look")) put into the queue; 'holdfast jobs', "
                        + "'holdfast points --foreign' and 'holdfast events' tell what is found")
                return
            }
            let job = try await client.post(
                JobWire.self, "/v1/targets/\(ControlClient.pathPiece(target))/reconcile")
            try await SurveyFollowing(client: client, json: json, noWait: noWait)
                .follow(job, called: "the look at '\(target)'")
        }
    }
}

struct AdoptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Take backups of a target that are not ours under one of its policies.",
        discussion: """
            'holdfast points --foreign' lists them. From then on they are recovery points like \
            every other: retention counts them, and prunes them when no rule keeps them. \
            'holdfast prune --dry-run' shows what it thinks of them. Either all that are named are \
            adopted, or none.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Argument(help: "The target's name.")
    var target: String
    @Argument(help: ArgumentHelp("The provider's own ids.", valueName: "remote-id"))
    var remoteIDs: [String]
    @Option(help: ArgumentHelp("The policy that keeps them from now on.", valueName: "name"))
    var policy: String
    @Option(help: "Why; the audit log keeps it.")
    var reason: String
    @Flag(help: "Only put it into the queue.")
    var noWait = false

    func validate() throws {
        if let id = remoteIDs.first(where: { $0.contains(",") }) {
            throw ValidationError("'\(id)' has a comma, which no provider's id has")
        }
    }

    func run() async throws {
        try await performing {
            let client = socket.client
            let job = try await client.post(
                JobWire.self, "/v1/targets/\(ControlClient.pathPiece(target))/adopt",
                query: [
                    "policy": policy, "remote_ids": remoteIDs.joined(separator: ","),
                    "reason": reason,
                ])
            try await SurveyFollowing(client: client, json: json, noWait: noWait)
                .follow(job, called: "the adoption for '\(target)'")
        }
    }
}

/// Waits for the end of a job that looks at a target's points, and prints what it found.
struct SurveyFollowing {
    let client: ControlClient
    let json: JSONFlag
    let noWait: Bool

    func follow(_ first: JobWire, called name: String) async throws {
        guard !noWait else {
            if json.isOn { return try Output.json(first) }
            Output.line("job \(first.id) is in the queue; 'holdfast jobs' shows it")
            return
        }
        let job = try await JobFollowing(client: client).end(of: first)
        let run = try await run(of: job)
        guard job.state == "succeeded" else {
            if json.isOn { try Output.json(job) }
            throw CommandFailure(
                .failed, "\(name) \(job.state): \(job.error ?? "no reason given")")
        }
        if json.isOn { return try Output.json(run) }
        for line in (run?.output ?? "").split(separator: "\n") {
            Output.line(Table.harmless(String(line)))
        }
        if run?.output == nil { Output.line("there is nothing yet: no backup was made there") }
    }

    /// The job's newest attempt.
    private func run(of job: JobWire) async throws -> RunWire? {
        try await client.get(
            PageWire<RunWire>.self, "/v1/runs", query: ["target": job.target, "limit": "100"]
        ).items.first { $0.job == job.id }
    }
}

/// What providers have that is not ours.
struct ForeignListing {
    private let client: ControlClient
    private let page: PageOptions
    private let json: JSONFlag

    init(_ socket: SocketOption, _ page: PageOptions, _ json: JSONFlag) {
        client = socket.client
        self.page = page
        self.json = json
    }

    func run() async throws {
        var query = page.query(state: nil)
        query["policy"] = nil
        let found = try await client.get(
            PageWire<ForeignPointWire>.self, "/v1/points/foreign", query: query)
        if json.isOn { return try Output.json(found) }
        Self.table(found.items).print(
            ifEmpty:
                "Nothing at the providers is known that is not ours; 'holdfast reconcile' looks.")
        Continuation.tell(found.nextCursor)
    }

    static func table(_ points: [ForeignPointWire]) -> Table {
        var table = Table([
            "REMOTE ID", "NAME", "TARGET", "PROVIDER", "TAKEN", "STORED", "FIRST SEEN", "NOTE",
        ])
        for point in points {
            table.add([
                point.remoteId, point.name, point.target, point.provider,
                Show.instant(point.takenAt), Show.bytes(point.storedBytes),
                Show.instant(point.firstSeen),
                point.hasToken ? "another Holdfast's, or of a lost history" : Show.none,
            ])
        }
        return table
    }
}

/// The points of targets that are gone.
struct OrphanListing {
    private let client: ControlClient
    private let json: JSONFlag

    init(_ socket: SocketOption, _ json: JSONFlag) {
        client = socket.client
        self.json = json
    }

    func run() async throws {
        let found = try await client.get(PageWire<OrphanWire>.self, "/v1/points/orphans")
        if json.isOn { return try Output.json(found) }
        Self.table(found.items).print(ifEmpty: "Every target that has points is declared.")
        for row in found.items where row.endangered {
            Output.error(
                "warning: the vendor deletes the points of '\(row.target)' with its machine; copy "
                    + "what is to stay before that")
        }
    }

    static func table(_ rows: [OrphanWire]) -> Table {
        var table = Table([
            "TARGET", "POLICY", "PROVIDER", "GONE SINCE", "POINTS", "NEWEST", "STORED",
            "WHAT STAYS",
        ])
        for row in rows {
            table.add([
                row.target, row.policy, row.provider, Show.instant(row.endedAt),
                row.marked == 0 ? String(row.points) : "\(row.points), \(row.marked) go",
                Show.instant(row.newestAt), Show.bytes(row.storedBytes), fate(of: row),
            ])
        }
        return table
    }

    private static func fate(of row: OrphanWire) -> String {
        guard let count = row.keepLast, let seconds = row.keepSeconds else {
            return "all, for ever"
        }
        if let hindrance = row.hindrance { return "all: \(hindrance)" }
        let end = row.endedAt + .seconds(seconds)
        return count == 1
            ? "the newest" : "the newest \(count) until \(Show.instant(end)), then the newest"
    }
}
