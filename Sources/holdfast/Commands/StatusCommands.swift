import ArgumentParser
import Foundation
import HoldfastControl
import HoldfastCore

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "How the daemon is, and what needs a look.")

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        try await performing {
            let status = try await socket.client.get(StatusWire.self, "/v1/status")
            if json.isOn { try Output.json(status) } else { print(status) }
        }
    }

    private func print(_ status: StatusWire) {
        let lines: [(String, String)] = [
            (
                "daemon",
                "\(status.version), ready since \(Show.instant(status.startedAt)) "
                    + "(\(Show.age(of: status.startedAt, at: status.now)))"
            ),
            (
                "configuration",
                "\(status.configurationDigest.prefix(12)), loaded "
                    + "\(Show.instant(status.configurationLoadedAt)): "
                    + Show.count(status.providers, "provider") + ", "
                    + Show.count(status.policies, "policy", "policies") + ", "
                    + Show.count(status.targets, "target")
            ),
            (
                "next window",
                status.nextOpening.map {
                    "\(status.nextPolicy ?? "") at \(Show.instant($0)) "
                        + "(\(Show.age(of: $0, at: status.now)))"
                }
                    ?? (status.pauses.isEmpty
                        ? "none: no policy has a target" : "none: what has targets is paused")
            ),
            ("jobs", "\(status.jobsRunning) running, \(status.jobsReady) waiting"),
            ("recovery points", "\(status.points), \(Show.bytes(status.storedBytes))"),
            (
                "audit log",
                "\(status.lastEvent ?? 0) entries"
                    + (status.lastEventHash.map { ", sealed \($0.prefix(16))…" } ?? "")
            ),
            ("proven restorable", Self.proofs(status)),
            (
                "pruning",
                status.pruningHeld.map { "held: \($0)" } ?? "by policy"
            ),
        ]
        for (name, text) in lines { Output.line(Self.column(name) + text) }
        if let rejection = status.configurationRejection {
            Output.line(Self.column("reload refused") + "the configuration above is still in force")
            for line in rejection.split(separator: "\n") { Output.line("    \(line)") }
        }
        for warning in status.configurationWarnings {
            Output.line(Self.column("warning") + warning)
        }
        for provider in status.failingProviders {
            Output.line(
                Self.column("warning")
                    + "provider '\(provider)' could not be asked; "
                    + "'holdfast provider check \(provider)' tells why")
        }
        for plan in status.prunePlans {
            let place = plan.target.map { "of \($0) (\(plan.policy ?? ""))" } ?? "of all targets"
            let others = status.prunePlans.filter {
                $0.target != nil && $0.provider == plan.provider
            }.map(\.points)
            let isSum =
                plan.target == nil && !others.isEmpty && others.reduce(0, +) <= plan.points
            Output.line(
                Self.column("prune held")
                    + (isSum ? "or all together: " : "")
                    + "\(Show.count(plan.points, "point")) \(place) at \(plan.provider) "
                    + (plan.points == 1 ? "waits" : "wait") + " for a confirmation: "
                    + "holdfast prune confirm \(plan.hash)")
        }
        if status.prunePlanCount > status.prunePlans.count {
            Output.line(
                Self.column("prune held")
                    + "… and \(status.prunePlanCount - status.prunePlans.count) more; "
                    + "'holdfast prune plans' has all")
        }
        for pause in status.pauses {
            Output.line(Self.column("paused") + CoverageText.pause(pause))
        }
        if status.uncovered > 0 {
            Output.line(Self.column("uncovered") + CoverageText.uncovered(status))
        }
        for target in status.ending {
            Output.line(Self.column("ending") + CoverageText.ending(target))
        }
        if status.endingCount > status.ending.count {
            Output.line(
                Self.column("ending")
                    + "… and \(status.endingCount - status.ending.count) more; "
                    + "'holdfast events --kind target.ending' has all")
        }
        Output.line()
        guard !status.problems.isEmpty else {
            Output.line(
                status.tellsOfMore
                    ? "No target needs a look; see the lines above." : "Nothing needs a look.")
            return
        }
        let count = status.problemCount
        Output.line(count == 1 ? "1 needs a look:" : "\(count) need a look:")
        TargetsCommand.table(status.problems, now: status.now).print(ifEmpty: "")
        if count > status.problems.count {
            Output.line("… and \(count - status.problems.count) more; 'holdfast targets' has all")
        }
    }

    private static func proofs(_ status: StatusWire) -> String {
        guard status.proven > 0, let oldest = status.oldestProofPoint else {
            guard status.unproven > 0 else { return "no points yet" }
            guard status.unprovenAwaiting < status.unproven else {
                return "none of \(status.unproven); the first drills are still to come"
            }
            let awaited =
                status.unprovenAwaiting == 0
                ? ""
                : " of \(status.unprovenAwaiting) the first drills are still to come; for the others"
            return
                "none of \(status.unproven);\(awaited) declare 'verify' in a policy, or run 'holdfast "
                + "verify --drill TARGET'"
        }
        let never = status.unproven == 0 ? "" : "; \(status.unproven) never"
        return "\(status.proven) of \(status.proven + status.unproven)\(never); the oldest is "
            + "\(status.oldestProofTarget ?? "") under \(status.oldestProofPolicy ?? ""), of "
            + "\(Show.instant(oldest)) (\(Show.age(of: oldest, at: status.now)))"
    }

    private static func column(_ name: String) -> String {
        name.padding(toLength: 19, withPad: " ", startingAt: 0)
    }
}

struct PoliciesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policies", abstract: "The policies in force, with their next windows.")

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag

    func run() async throws {
        try await performing {
            let page = try await socket.client.get(PageWire<PolicyWire>.self, "/v1/policies")
            if json.isOn { return try Output.json(page) }
            var table = Table([
                "POLICY", "PLAN", "AT", "TIMEZONE", "WINDOW", "TARGETS", "OPEN UNTIL",
                "NEXT WINDOW", "KEEPS", "DRILLS",
            ])
            for policy in page.items {
                table.add([
                    policy.name, policy.plan, policy.at, policy.timezone,
                    Show.seconds(policy.windowSeconds), String(policy.targets),
                    Show.instant(policy.openWindow?.closes),
                    Show.instant(policy.nextWindow?.opens),
                    policy.retention.isEmpty
                        ? "everything" : policy.retention.joined(separator: ", "),
                    policy.drillSeconds.map {
                        "\(policy.drillPick ?? "") every \(Show.seconds($0))"
                    } ?? Show.none,
                ])
            }
            table.print(ifEmpty: "No policy is declared.")
            let pauses = try await socket.client.get(StatusWire.self, "/v1/status").pauses
            for pause in pauses { Output.line("\npaused: " + CoverageText.pause(pause)) }
        }
    }
}

struct TargetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "targets", abstract: "The targets, each with its newest good point.")

    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Flag(help: "Those that selectors found, with the vendor's names, gone ones among them.")
    var discovered = false

    func run() async throws {
        try await performing {
            if discovered { return try await tellDiscovered() }
            let page = try await socket.client.getAll(TargetWire.self, "/v1/targets")
            if json.isOn { return try Output.json(page) }
            let now = try await socket.client.get(StatusWire.self, "/v1/status").now
            Self.table(page.items, now: now).print(ifEmpty: "No target is declared.")
        }
    }

    private func tellDiscovered() async throws {
        let page = try await socket.client.get(PageWire<DiscoveryWire>.self, "/v1/discoveries")
        if json.isOn { return try Output.json(page) }
        var table = Table([
            "TARGET", "NAME", "PROVIDER", "KIND", "ID", "POLICIES", "FIRST SEEN", "GONE SINCE",
        ])
        for found in page.items {
            table.add([
                found.target, found.title, found.provider, found.kind, found.source,
                found.policies.joined(separator: ", "), Show.instant(found.firstSeen),
                Show.instant(found.goneAt),
            ])
        }
        table.print(ifEmpty: "No selector found anything yet.")
    }

    static func table(_ targets: [TargetWire], now: Timestamp) -> Table {
        var table = Table([
            "TARGET", "POLICY", "PROVIDER", "HEALTH", "NEWEST POINT", "AGE", "PROVEN", "POINTS",
            "STORED", "NEXT WINDOW", "LAST ERROR",
        ])
        for target in targets {
            table.add([
                target.name, target.policy, target.provider,
                target.health.replacingOccurrences(of: "_", with: " "),
                Show.instant(target.newestPoint), Show.age(of: target.newestPoint, at: now),
                proven(target), String(target.points), Show.bytes(target.storedBytes),
                Show.instant(target.nextOpening), Show.brief(error(of: target)),
            ])
        }
        return table
    }

    /// The newest point that is proved, and how.
    private static func proven(_ target: TargetWire) -> String {
        guard let point = target.provenPoint else { return target.points > 0 ? "never" : Show.none }
        return "\(Show.instant(point)) \(Show.proof(target.proof, target.restoreMs))"
    }

    private static func error(of target: TargetWire) -> String? {
        if let error = target.lastError, target.lastResult != "succeeded" { return error }
        return target.lastDrill == "succeeded" ? nil : target.lastDrillError
    }
}

extension StatusWire {
    /// Whether something was told that is no target's.
    fileprivate var tellsOfMore: Bool {
        configurationRejection != nil || pruningHeld != nil || !configurationWarnings.isEmpty
            || !failingProviders.isEmpty
            || prunePlanCount > 0 || !pauses.isEmpty || uncovered > 0 || endingCount > 0
    }
}
