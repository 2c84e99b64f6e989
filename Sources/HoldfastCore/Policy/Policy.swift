/// Windows, retention, objectives and retries, as declared.
public struct Policy: Sendable, Equatable {
    /// Its name.
    public let id: PolicyID
    /// When its windows open.
    public let schedule: Schedule
    /// Who takes the backups.
    public let enforcement: Enforcement
    /// How long a backup may take, in elapsed time, before it is stopped.
    public let timeout: Duration
    /// What is kept.
    public let retention: RetentionSettings
    /// The age of the newest good point above which the objective is broken; `nil`: none is set.
    public let recoveryPointObjective: Duration?
    /// How failures are retried.
    public let retry: RetrySettings
    /// What happens with windows that were missed while the daemon was down.
    public let catchUp: CatchUp
    /// Commands around a backup.
    public let hooks: Hooks
    /// How its points are proved; `nil`: only when somebody asks for it.
    public let drills: DrillSettings?

    /// Takes all of it.
    public init(
        id: PolicyID, schedule: Schedule, enforcement: Enforcement = .managed,
        timeout: Duration, retention: RetentionSettings,
        recoveryPointObjective: Duration?, retry: RetrySettings, catchUp: CatchUp, hooks: Hooks,
        drills: DrillSettings? = nil
    ) {
        self.id = id
        self.schedule = schedule
        self.enforcement = enforcement
        self.timeout = timeout
        self.retention = retention
        self.recoveryPointObjective = recoveryPointObjective
        self.retry = retry
        self.catchUp = catchUp
        self.hooks = hooks
        self.drills = drills
    }
}

/// Who takes a policy's backups.
public enum Enforcement: String, Hashable, Sendable, CaseIterable {
    /// Holdfast, window by window.
    case managed
    /// The provider, by a policy of its own that Holdfast keeps as declared and checks on.
    case native
}

/// What to do with windows that were missed while the daemon was down or the machine asleep.
public enum CatchUp: String, Hashable, Sendable, CaseIterable {
    /// The newest missed one runs late, once.
    case latest
    /// They stay missed.
    case skip
}

/// A command that runs around a backup: an argument vector, never a shell's line.
public struct Hook: Hashable, Sendable {
    /// What a failing `before` hook means for the backup.
    public enum OnError: String, Hashable, Sendable, CaseIterable {
        /// The attempt fails.
        case fail
        /// It is noted and the backup goes on.
        case `continue`
    }

    /// The executable's absolute path and its arguments.
    public let command: [String]
    /// After this time the whole process group is killed.
    public let timeout: Duration
    /// What a failure means.
    public let onError: OnError

    /// Takes all of it; the command has at least its executable.
    public init(command: [String], timeout: Duration, onError: OnError) {
        precondition(!command.isEmpty, "a hook has an executable")
        self.command = command
        self.timeout = timeout
        self.onError = onError
    }
}

/// The hooks of a policy.
public struct Hooks: Hashable, Sendable {
    /// Runs before each attempt.
    public let before: Hook?
    /// Runs after each attempt whose `before` hook ran, however the attempt ended.
    public let after: Hook?
    /// Runs after each attempt that failed.
    public let onFailure: Hook?

    /// Takes the hooks that are declared.
    public init(before: Hook? = nil, after: Hook? = nil, onFailure: Hook? = nil) {
        self.before = before
        self.after = after
        self.onFailure = onFailure
    }
}
