import HoldfastCore

/// The environment that hooks see, besides `PATH`, `LANG` and `HOME` of the daemon.
enum HookVariables {
    /// `HOLDFAST_HOOK`'s values.
    enum Moment: String {
        case before, after
        case onFailure = "on_failure"
        case drill
    }

    static func make(
        _ moment: Moment, claimed: ClaimedJob, target: Target, failure: String? = nil
    ) -> [String: String] {
        let request = claimed.job.request
        var variables = [
            "HOLDFAST_HOOK": moment.rawValue,
            "HOLDFAST_POLICY": request.slot.assignment.policy.text,
            "HOLDFAST_TARGET": request.slot.assignment.target.text,
            "HOLDFAST_PROVIDER": request.provider.text,
            "HOLDFAST_SOURCE": target.subject.source,
            "HOLDFAST_TOKEN": request.slot.token.text,
            "HOLDFAST_ATTEMPT": String(claimed.job.attempt),
            "HOLDFAST_WINDOW_OPENS": request.slot.opens.rfc3339,
            "HOLDFAST_WINDOW_CLOSES": request.closes.rfc3339,
        ]
        if moment != .before {
            variables["HOLDFAST_RESULT"] = failure == nil ? "succeeded" : "failed"
        }
        if let failure { variables["HOLDFAST_ERROR"] = failure }
        return variables
    }

    /// What a drill's command sees: the point's token, and where it was unpacked.
    static func make(
        drillOf point: RecoveryPoint, at place: DrillRequest.Place, claimed: ClaimedJob,
        target: Target
    ) -> [String: String] {
        let request = claimed.job.request
        return [
            "HOLDFAST_HOOK": Moment.drill.rawValue,
            "HOLDFAST_POLICY": request.slot.assignment.policy.text,
            "HOLDFAST_TARGET": request.slot.assignment.target.text,
            "HOLDFAST_PROVIDER": request.provider.text,
            "HOLDFAST_SOURCE": target.subject.source,
            "HOLDFAST_TOKEN": point.remote.token.text,
            "HOLDFAST_ATTEMPT": String(claimed.job.attempt),
            "HOLDFAST_TAKEN_AT": point.remote.takenAt.rfc3339,
            "HOLDFAST_SCRATCH": place.directory,
            "HOLDFAST_RESTORED": place.restored,
        ]
    }
}
