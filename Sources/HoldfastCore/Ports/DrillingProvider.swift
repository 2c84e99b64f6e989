/// A provider that can unpack a point where nothing is overwritten.
///
/// The points of every other provider are only asked for again.
public protocol DrillingProvider: BackupProvider {
    /// Unpacks a point into a scratch directory of its own, checks what came out, lets the caller
    /// look at it, and removes it again, whatever went wrong.
    ///
    /// - Throws: With `isDamage` only for data that was read and is not what was written; never for
    ///   a disk that is full, a program that is missing, or what the caller found.
    func drill(_ request: DrillRequest) async throws(ProviderError) -> DrillReport
}

/// What a provider is asked to prove.
public struct DrillRequest: Sendable {
    /// Where a point was unpacked.
    public struct Place: Hashable, Sendable {
        /// The directory with what was unpacked; absolute, and for the service's user alone.
        public let directory: String
        /// What a restore would give: the directory, or the database's file in it.
        public let restored: String

        /// Joins both.
        public init(directory: String, restored: String) {
            self.directory = directory
            self.restored = restored
        }
    }

    /// The point, as the provider knows it.
    public let point: RemotePoint
    /// The target that it was made of.
    public let target: TargetID
    /// The reading of a clock that never jumps, for the restore time.
    public let clock: @Sendable () -> Duration
    /// Looks at what was unpacked and found whole; what it throws is the drill's failure.
    public let inspect: @Sendable (Place) async throws(ProviderError) -> Void
    /// Takes a report of progress whenever there is one; cheap, never blocks.
    public let report: @Sendable (TransferProgress) -> Void

    /// Takes all of it.
    public init(
        _ point: RemotePoint, of target: TargetID, clock: @escaping @Sendable () -> Duration,
        inspect: @escaping @Sendable (Place) async throws(ProviderError) -> Void = { _ in },
        report: @escaping @Sendable (TransferProgress) -> Void = { _ in }
    ) {
        self.point = point
        self.target = target
        self.clock = clock
        self.inspect = inspect
        self.report = report
    }
}

/// What a drill came to.
public struct DrillReport: Hashable, Sendable {
    /// How long unpacking took, without the reading before it and the checks after it.
    public let restoreTime: Duration
    /// Entries of the archive, or pages of the database, as they were counted now.
    public let entries: Int64
    /// The size of the data that was read.
    public let storedBytes: ByteCount

    /// Takes all of it.
    public init(restoreTime: Duration, entries: Int64, storedBytes: ByteCount) {
        self.restoreTime = restoreTime
        self.entries = entries
        self.storedBytes = storedBytes
    }
}

/// What people ask the daemon about drills.
public protocol DrillSurface: Sendable {
    /// Puts a drill of a target into the queue at once.
    ///
    /// - Parameter policy: Which of the target's policies; `nil` where it has only one.
    /// - Throws: `ControlRefusal` of kind `conflict` when there is no good point, or a drill of it
    ///   is waiting or running.
    func requestDrill(
        target: String, policy: String?, by actor: Actor
    ) async throws(ControlRefusal) -> Job
}
