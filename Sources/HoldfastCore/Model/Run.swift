/// The row number of a run in the history.
public struct RunID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Counts from 1.
    public let number: Int64
    /// Takes a row number.
    public init(_ number: Int64) { self.number = number }
    /// The number.
    public var description: String { String(number) }
    /// Older comes first.
    public static func < (lhs: RunID, rhs: RunID) -> Bool { lhs.number < rhs.number }
}

/// How one attempt at a job stands or ended.
public enum RunState: String, Sendable, CaseIterable {
    /// Recorded before the provider was called, and not ended yet.
    case running
    case succeeded
    case failed
    /// The daemon was stopped and gave the job back; nothing is known to be wrong.
    case handedBack = "handed_back"
    /// The daemon died, or lost the lease, while the attempt ran.
    case interrupted
}

/// How an attempt ended, as the recorder stores it.
public struct RunEnding: Hashable, Sendable {
    /// Never `running`.
    public let state: RunState
    /// What the failure means, when it failed.
    public let errorKind: ProviderError.Kind?
    /// The failure's words.
    public let message: String?
    /// Bounded output of hooks and tools, warnings among it.
    public let output: String?
    /// Whether the result was found at the provider, not made by this attempt.
    public let isAdopted: Bool

    /// The largest output that is kept, in bytes of UTF-8.
    public static let outputMax = 16 * 1024

    /// Takes the ending; output over `outputMax` is cut in the middle.
    public init(
        state: RunState, errorKind: ProviderError.Kind? = nil, message: String? = nil,
        output: String? = nil, isAdopted: Bool = false
    ) {
        precondition(state != .running, "an ended run does not run")
        self.state = state
        self.errorKind = errorKind
        self.message = message
        self.output = output.map { BoundedText.cut($0, to: Self.outputMax) }
        self.isAdopted = isAdopted
    }
}

/// One attempt at a job, as the history tells it.
public struct Run: Hashable, Sendable {
    /// Its row.
    public let id: RunID
    /// The job that it was an attempt at.
    public let job: JobID
    /// What the job does.
    public let kind: JobKind
    /// The policy and target.
    public let assignment: Assignment
    /// Who did the work.
    public let provider: ProviderID
    /// 1 for the first attempt.
    public let attempt: Int
    /// The mark that a backup of this attempt carries; `nil` for other kinds.
    public let token: BackupToken?
    /// How it stands.
    public let state: RunState
    /// When the intent was recorded.
    public let startedAt: Timestamp
    /// When it ended, if it did.
    public let endedAt: Timestamp?
    /// What the failure means, when it failed.
    public let errorKind: String?
    /// The failure's words.
    public let message: String?
    /// Bounded output of hooks and tools.
    public let output: String?
    /// Whether the result was found at the provider.
    public let isAdopted: Bool

    /// Takes all of it, as a history reads it.
    public init(
        id: RunID, job: JobID, kind: JobKind, assignment: Assignment, provider: ProviderID,
        attempt: Int, token: BackupToken?, state: RunState, startedAt: Timestamp,
        endedAt: Timestamp?, errorKind: String?, message: String?, output: String?,
        isAdopted: Bool
    ) {
        self.id = id
        self.job = job
        self.kind = kind
        self.assignment = assignment
        self.provider = provider
        self.attempt = attempt
        self.token = token
        self.state = state
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.errorKind = errorKind
        self.message = message
        self.output = output
        self.isAdopted = isAdopted
    }
}

/// Text that is kept whole when short and loses its middle when long.
public enum BoundedText {
    /// Cuts a text to at most `limit` bytes of UTF-8 and says how much is missing.
    public static func cut(_ text: String, to limit: Int) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count > limit else { return text }
        let half = max(0, (limit - 64) / 2)
        let head = String(decoding: bytes.prefix(half), as: UTF8.self)
        let tail = String(decoding: bytes.suffix(half), as: UTF8.self)
        return "\(head)\n[… \(bytes.count - 2 * half) bytes left out …]\n\(tail)"
    }
}
