import HoldfastCore

extension MetricsPage {
    /// Everything that this version tells.
    ///
    /// - Parameter refusals: Points that the deletion kernel keeps, by code.
    init(status: DaemonStatus, refusals: [String: Int]) {
        self.init()
        addDaemon(status)
        addHistory(status)
        addPruning(status, refusals)
        addUncovered(status.uncovered)
        addEnding(status.ending)
    }

    private mutating func addEnding(_ ending: [EndingTarget]) {
        add(
            "holdfast_target_ends_time_seconds", .gauge,
            help: "When the vendor ends the machine of a target, in seconds since 1970.",
            ending.map {
                Sample(
                    Double($0.endsAt.milliseconds) / 1000,
                    [("provider", $0.provider.text), ("target", $0.target.text)])
            })
    }

    private mutating func addUncovered(_ totals: UncoveredTotals) {
        add(
            "holdfast_uncovered_targets", .gauge,
            help: "Machines and volumes that no policy covers and no waiver accepts, by provider.",
            totals.counts.sorted { $0.key < $1.key }.map {
                Sample($0.value, [("provider", $0.key.text)])
            })
        add(
            "holdfast_inventory_listed_time_seconds", .gauge,
            help: "When each provider's account was listed last, in seconds since 1970.",
            totals.listedAt.sorted { $0.key < $1.key }.map {
                Sample(Double($0.value.milliseconds) / 1000, [("provider", $0.key.text)])
            })
        add(
            "holdfast_uncovered_since_seconds", .gauge,
            help: "Since when the oldest of them is uncovered, in seconds since 1970.",
            totals.oldest.map { [Sample(Double($0.milliseconds) / 1000)] } ?? [])
    }

    private mutating func addDaemon(_ status: DaemonStatus) {
        add("holdfast_up", .gauge, help: "1 while the daemon answers.", [Sample(1)])
        add(
            "holdfast_build_info", .gauge, help: "1, with the version of the program.",
            [Sample(1, [("version", status.version)])])
        add(
            "holdfast_start_time_seconds", .gauge,
            help: "When the daemon became ready, in seconds since 1970.",
            [Sample(Double(status.startedAt.milliseconds) / 1000)])
        add(
            "holdfast_configuration_loaded_time_seconds", .gauge,
            help: "When the configuration in force was loaded, in seconds since 1970.",
            [Sample(Double(status.configurationLoadedAt.milliseconds) / 1000)])
        add(
            "holdfast_configuration_rejected", .gauge,
            help: "1 when the last reload was refused and an older configuration is in force.",
            [Sample(status.configurationRejection == nil ? 0 : 1)])
        add(
            "holdfast_provider_failing", .gauge,
            help: "1 for each provider that could not be asked the last time.",
            status.failingProviders.map { Sample(1, [("provider", $0.text)]) })
    }

    private mutating func addHistory(_ status: DaemonStatus) {
        add(
            "holdfast_jobs", .gauge, help: "Jobs that are not ended, by state.",
            [
                Sample(status.totals.readyJobs, [("state", "ready")]),
                Sample(status.totals.runningJobs, [("state", "running")]),
            ])
        add(
            "holdfast_points", .gauge, help: "Available recovery points.",
            [Sample(status.totals.points)])
        add(
            "holdfast_points_bytes", .gauge,
            help: "What the available recovery points take, as far as is known.",
            [Sample(Double(status.totals.storedBytes.bytes))])
        add(
            "holdfast_assignments", .gauge,
            help: "Targets under their policies, by what needs a look.",
            TargetStatus.Health.allCases.map {
                Sample(status.healthCounts[$0] ?? 0, [("health", $0.rawValue)])
            })
        add(
            "holdfast_audit_entries", .gauge, help: "Entries of the audit log.",
            [Sample(Double(status.totals.lastEvent?.id ?? 0))])
    }

    private mutating func addPruning(_ status: DaemonStatus, _ refusals: [String: Int]) {
        add(
            "holdfast_pruning_held", .gauge,
            help: "1 while nothing is pruned because the clock is in doubt.",
            [Sample(status.pruningHeld == nil ? 0 : 1)])
        add(
            "holdfast_prune_refusals", .gauge,
            help: "Points that the deletion kernel keeps although their grace is over, by code.",
            refusals.sorted { $0.key < $1.key }.map { Sample($0.value, [("code", $0.key)]) })
        add(
            "holdfast_prune_plans_waiting", .gauge,
            help: "Prunes that wait for an operator's confirmation.",
            [Sample(status.prunePlans.count)])
        add(
            "holdfast_prune_points_waiting", .gauge,
            help: "Points of the prunes that wait for an operator's confirmation.",
            [Sample(Set(status.prunePlans.flatMap { $0.points.map(\.id) }).count)])
    }
}
