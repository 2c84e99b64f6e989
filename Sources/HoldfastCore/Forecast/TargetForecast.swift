/// A recovery point that would go, or that the guard would hold back.
public struct Departure: Hashable, Sendable {
    /// Why a point goes.
    public enum Cause: String, Hashable, Sendable {
        /// No rule keeps it, and its grace is over.
        case retention
        /// The vendor ends it.
        case lifetime
        /// Retention let it go, and its place is needed (`when_full: replace_oldest`).
        case room
        /// It would go, but the assignment's guard holds it back.
        case assignmentGuard = "assignment_guard"
        /// It would go, but the guard of the provider as a whole holds it back.
        case providerGuard = "provider_guard"
    }

    /// The mark of a point that is recorded; `nil`: one that is still to be made.
    public let recorded: BackupToken?
    /// The instant that the point shows.
    public let takenAt: Timestamp
    /// When it goes; from when it waits for a confirmation.
    public let at: Timestamp
    /// Why.
    public let cause: Cause

    /// The mark that names it at the provider.
    public func token(of assignment: Assignment) -> BackupToken {
        recorded ?? SlotKey(assignment: assignment, opens: takenAt).token
    }
}

/// The longest time without a good point.
public struct PointGap: Hashable, Sendable {
    /// How long it is.
    public let length: Duration
    /// When it begins.
    public let from: Timestamp
}

/// What would become of one assignment.
public struct AssignmentForecast: Sendable {
    /// How the proposed configuration differs.
    public enum Change: String, Sendable {
        case gained
        case stays
        case lost
        /// It had ended before; what becomes of its points is told where its policy says it.
        case orphan
    }

    /// The policy and target.
    public let assignment: Assignment
    /// Whether it is new, stays, ends, or had ended.
    public let change: Change
    /// Whether the vendor takes its backups and ends them as it sees fit.
    public let isVendors: Bool
    /// Available points now; the vendor's own where it is the vendor's.
    public let pointsNow: Int
    /// Available points at the end; `nil` where the vendor decides.
    public let pointsAtEnd: Int?
    /// What goes, by date.
    public let departures: [Departure]
    /// What the guard holds back at the end, by the date from which it waits.
    public let waiting: [Departure]
    /// Why retention lets points go, for people.
    public let reason: String
    /// Of one that ends or had ended: what the policy says of its points; `nil`: nothing, so that they stay.
    public let orphans: OrphanRules?
    /// The longest time between backups that was recorded; `nil` when there is none.
    public let gapBefore: PointGap?
    /// The longest time without a new point up to the end; `nil` where no points are made.
    public let gapAfter: PointGap?
    /// The objective that is proposed.
    public let objective: Duration?
    /// How many windows get their backup.
    public let backups: Int
    /// How many find no place at the provider, and when the first one does.
    public let withoutPlace: (count: Int, first: Timestamp)?

    /// Whether a time without a new point is longer than the objective.
    public var isBeyondObjective: Bool {
        guard let objective, let gapAfter else { return false }
        return gapAfter.length > objective
    }
}

/// What would become of one target.
public struct TargetForecast: Sendable {
    /// Its name.
    public let id: TargetID
    /// Who takes its backups; for one that is lost, who has its newest point.
    public let provider: ProviderID?
    /// Its assignments, ascending; those that had ended before are in it only where their policy says
    /// something of orphans.
    public let assignments: [AssignmentForecast]
    /// The most points that are held at once, and since when.
    public let held: (most: Int, since: Timestamp)
    /// For how many the provider has places, as far as is known.
    public let places: Int?

    /// Whether the target becomes one, is none any more, or stays.
    public var change: AssignmentForecast.Change {
        let changes = Set(assignments.map(\.change)).subtracting([.orphan])
        return changes.count == 1 ? changes.first ?? .stays : changes.isEmpty ? .orphan : .stays
    }
}
