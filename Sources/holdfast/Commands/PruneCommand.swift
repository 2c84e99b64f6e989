import ArgumentParser
import Foundation
import HoldfastControl
import HoldfastCore

struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Prune what is due, and confirm what the guard holds back.",
        discussion: """
            'holdfast prune' reviews and prunes now; 'holdfast prune --dry-run' only shows each \
            point with the reason.
            """,
        subcommands: [
            PruneNowCommand.self, PruneKeepCommand.self, PrunePlansCommand.self,
            PruneConfirmCommand.self,
        ],
        defaultSubcommand: PruneNowCommand.self)
}

struct PrunePlansCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plans", abstract: "What the guard holds back until somebody confirms it.",
        discussion: """
            A prune of more than 'prune_guard' percent of an assignment's or of a provider's \
            points waits here. The hash stands for exactly these points and dates.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        try await performing {
            let page = try await socket.client.get(
                PageWire<PrunePlanWire>.self, "/v1/prune/plans")
            if json.isOn { return try Output.json(page) }
            Self.table(page.items).print(ifEmpty: "Nothing waits for a confirmation.")
            guard let plan = page.items.first else { return }
            Output.line(
                "\nThe oldest of the first: \(plan.first.joined(separator: " "))\n"
                    + "'holdfast prune --dry-run' shows every point. To let a plan go:\n"
                    + "    holdfast prune confirm HASH")
        }
    }

    static func table(_ plans: [PrunePlanWire]) -> Table {
        var table = Table([
            "HASH", "PROVIDER", "TARGET", "POLICY", "GO", "OF", "GUARD", "STORED", "FROM", "UNTIL",
        ])
        for plan in plans {
            table.add([
                plan.hash, plan.provider, plan.target ?? "(all)", plan.policy ?? "(all)",
                String(plan.points), String(plan.total), "\(plan.guardPercent) %",
                Show.bytes(plan.storedBytes), Show.instant(plan.earliest),
                Show.instant(plan.latest),
            ])
        }
        return table
    }
}

struct PruneConfirmCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Let the points of one plan go, once their grace is over.",
        discussion: """
            Refused when anything moved since 'holdfast prune plans' showed the hash. Everything \
            else that keeps a point still does.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Argument(help: "As 'holdfast prune plans' shows it.")
    var hash: String

    func validate() throws {
        guard hash.count == 16, hash.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) else {
            throw ValidationError(
                "'\(hash)' is not the hash of a plan, which has 16 digits; 'holdfast prune plans' "
                    + "shows them")
        }
    }

    func run() async throws {
        try await performing {
            // Asked first: what is confirmed is confirmed, whatever fails then.
            let notes = try await PruningNotes(socket)
            let answer = try await socket.client.change(
                PruneConfirmationWire.self,
                "/v1/prune/confirm/\(ControlClient.pathPiece(hash))")
            if json.isOn { return try Output.json(answer) }
            let plan = answer.plan
            let place =
                plan.target.map { "\($0) under \(plan.policy ?? "")" } ?? "all targets"
            let times =
                plan.latest.map { $0 <= notes.now } ?? true
                ? " now"
                : plan.earliest == plan.latest
                    ? " after \(Show.instant(plan.latest))"
                    : " between \(Show.instant(plan.earliest)) and \(Show.instant(plan.latest))"
            Output.line(
                "confirmed: \(Show.count(plan.points, "point")) of \(place) at \(plan.provider) "
                    + (plan.points == 1 ? "goes" : "go") + times + "; "
                    + "\(Show.count(answer.jobs, "job")) put into the queue")
            notes.tell(ofPausesAmong: plan.policy.map { [$0] } ?? [])
            notes.tellOfDoubt()
        }
    }
}

struct PruneNowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "now", abstract: "Review every point now, and prune what is due.",
        discussion: """
            With --dry-run nothing changes: each point is shown with what retention and the \
            floors below it say.
            """)

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Flag(help: "Only show what would be done.")
    var dryRun = false
    @Option(help: ArgumentHelp("With --dry-run: only this target.", valueName: "name"))
    var target: String?

    func validate() throws {
        guard target == nil || dryRun else {
            throw ValidationError("--target goes with --dry-run only")
        }
    }

    func run() async throws {
        try await performing {
            guard dryRun else {
                let answer = try await socket.client.post(PruneWire.self, "/v1/prune")
                if json.isOn { return try Output.json(answer) }
                Output.line(
                    "every assignment is being reviewed; what retention let go and whose grace is "
                        + "over is pruned ('holdfast jobs' and 'holdfast events' show it)")
                try await PruningNotes(socket).tellOfDoubt()
                return
            }
            let page = try await socket.client.getAll(
                ReviewWire.self, "/v1/prune", query: ["target": target])
            if json.isOn { return try Output.json(page) }
            var table = Table([
                "DECISION", "TARGET", "POLICY", "TAKEN", "POINT", "WHY", "GOES AFTER",
            ])
            for review in page.items {
                table.add([
                    review.heldSince == nil ? review.decision : "held", review.target,
                    review.policy, Show.instant(review.takenAt),
                    review.id, review.reasons.joined(separator: ", "),
                    review.heldSince == nil ? Show.instant(review.deleteAfter) : "a confirmation",
                ])
            }
            table.print(ifEmpty: "There are no recovery points.")
            let removed = page.items.filter { $0.decision == "remove" }
            let gone = removed.filter { $0.heldSince == nil }
            let bytes = gone.compactMap(\.storedBytes).reduce(0, +)
            let held = removed.count - gone.count
            Output.line(
                "\n\(page.items.count - removed.count) stay, \(gone.count) go "
                    + "(\(Show.bytes(bytes)))"
                    + (held == 0
                        ? ""
                        : ", \(held) wait for a confirmation ('holdfast prune plans')"))
            guard !removed.isEmpty else { return }
            let notes = try await PruningNotes(socket)
            notes.tell(ofPausesAmong: removed.map(\.policy))
            notes.tellOfDoubt()
        }
    }
}
