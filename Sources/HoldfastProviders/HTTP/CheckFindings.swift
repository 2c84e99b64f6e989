import HoldfastCore

/// The findings that checks of all vendors have in common.
enum CheckFindings {
    /// A vendor's clock may differ by so much.
    static let clockTolerance = Duration.minutes(2)

    /// Somebody answers.
    static func reached(_ endpoint: String) -> ProviderFinding {
        ProviderFinding(.reachability, .good, "\(endpoint) answers")
    }

    /// The first request failed, so nothing else can be told.
    static func failure(_ error: ProviderError, at endpoint: String) -> ProviderFinding {
        switch error.kind {
        case .authentication: ProviderFinding(.credentials, .bad, error.message)
        case .throttled:
            ProviderFinding(
                .reachability, .warning, "\(endpoint) asks for patience: \(error.message)")
        default: ProviderFinding(.reachability, .bad, error.message)
        }
    }

    /// The difference between the vendor's clock and this machine's; `nil` when it did not tell.
    static func clock(_ theirs: Timestamp?, now: Timestamp) -> ProviderFinding? {
        guard let theirs else { return nil }
        let difference = theirs - now
        let distance = difference < .zero ? .zero - difference : difference
        guard distance > clockTolerance else {
            return ProviderFinding(
                .clock, .good, "the clocks agree within \(DurationText.brief(clockTolerance))")
        }
        return ProviderFinding(
            .clock, .bad,
            "the vendor's clock says \(theirs) and this machine's \(now), so nothing is pruned; "
                + "set this machine's clock, by NTP if possible")
    }
}
