import HoldfastCore

/// What the hooks of one attempt printed and which of them failed, for the run's row.
struct HookTranscript {
    private var sections: [String] = []
    /// One line a hook that failed.
    private(set) var failures: [String] = []

    mutating func add(_ name: String, _ result: HookResult) {
        if let failure = result.failure {
            failures.append("the \(name) hook \(failure)")
            sections.append("[\(name) hook \(failure)]")
        }
        let output = result.output
        guard !output.isEmpty else { return }
        sections.append("[\(name) hook printed]\n\(output)")
    }

    mutating func note(_ text: String) {
        sections.append("[\(text)]")
    }

    /// Everything as one text; `nil` when there is nothing.
    func text(warnings: [String]) -> String? {
        let all = sections + (warnings.isEmpty ? [] : ["[warnings]"] + warnings)
        return all.isEmpty ? nil : all.joined(separator: "\n")
    }
}

/// A generator that is a function of a seed and a stream, so that a replay draws the same numbers
/// whatever order the jobs run in (SplitMix64).
struct DerivedGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64, stream: UInt64) {
        state = seed ^ (stream &* 0x9E37_79B9_7F4A_7C15)
        _ = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
