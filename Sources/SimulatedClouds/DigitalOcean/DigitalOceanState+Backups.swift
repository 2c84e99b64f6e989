import HoldfastCore

extension DigitalOceanState {
    /// A policy as a request asks for it, checked against the plans that the account may choose.
    ///
    /// - Parameters:
    ///   - plan: `nil`: daily, as the vendor has it.
    ///   - weekday: `nil`: the first possible day. Plans without days do not look at it.
    ///   - hour: `nil`: the first possible hour.
    func policy(
        plan: String?, weekday: String?, hour: Int64?
    ) throws(DigitalOceanRefusal) -> SimulatedBackupPolicy {
        let name = plan ?? "daily"
        guard let plan = supportedPolicies.first(where: { $0.name == name }) else {
            throw .unprocessable("backup_policy.plan '\(name)' is not supported")
        }
        let day = plan.possibleDays.isEmpty ? nil : weekday ?? plan.possibleDays.first
        if let day, !plan.possibleDays.contains(day) {
            throw .unprocessable("backup_policy.weekday '\(day)' is not possible")
        }
        let start = hour ?? plan.possibleWindowStarts.first ?? 0
        guard plan.possibleWindowStarts.contains(start) else {
            throw .unprocessable("backup_policy.hour \(start) is not possible")
        }
        return SimulatedBackupPolicy(
            plan: name, weekday: day, hour: start, windowLengthHours: plan.windowLengthHours,
            retentionPeriodDays: plan.retentionPeriodDays)
    }

    /// Puts a Droplet under a policy; its first window is the first that opens from now on.
    mutating func setPolicy(
        _ policy: SimulatedBackupPolicy, of id: Int64, at now: Timestamp
    ) {
        droplets.update(id) {
            $0.policy = policy
            $0.nextWindow = Stamp(Self.firstWindow(of: policy, atOrAfter: now))
        }
        nextVendorDeed = nil
    }

    /// Ends a Droplet's automatic backups.
    mutating func disableBackups(of id: Int64) {
        guard let droplet = droplets[id] else { return }
        droplets.update(id) {
            $0.policy = nil
            $0.nextWindow = nil
        }
        guard settings.disablingDeletesBackups else { return }
        for backup in droplet.backups {
            if let image = images[backup] { remove(image) }
        }
    }

    static func firstWindow(
        of policy: SimulatedBackupPolicy, atOrAfter instant: Timestamp
    ) -> Timestamp {
        let today = Timestamp(seconds: instant.seconds - instant.seconds % 86_400)
        // A week back, so that every weekday's window lies between there and a week ahead.
        var start = today - .days(7) + .hours(Int(policy.hour))
        if policy.plan == "weekly", let weekday = policy.weekday {
            while Self.weekday(of: start) != weekday { start = start + .days(1) }
        }
        while start < instant { start = start + policy.period }
        return start
    }

    private static func weekday(of instant: Timestamp) -> String {
        CivilDate(dayNumber: instant.seconds / 86_400).weekday.rawValue
    }

    /// When the backup of a window is made: somewhere inside, another place for each Droplet, the
    /// same every time.
    static func backupTime(of droplet: SimulatedDroplet) -> Timestamp? {
        guard let policy = droplet.policy, let window = droplet.nextWindow else { return nil }
        let minutes = max(1, policy.windowLengthHours * 60 - 30)
        return window.instant + .minutes(Int(droplet.id % minutes))
    }

    /// Makes and removes automatic backups that are due by an instant.
    mutating func makeVendorBackups(until now: Timestamp) {
        if let next = nextVendorDeed, next.instant > now { return }
        var next = Timestamp.distantFuture
        for droplet in droplets.rows where droplet.policy != nil || !droplet.backups.isEmpty {
            next = min(next, makeBackups(of: droplet, until: now))
        }
        nextVendorDeed = Stamp(next)
    }

    /// - Returns: When the Droplet's next backup is made or removed.
    private mutating func makeBackups(
        of droplet: SimulatedDroplet, until now: Timestamp
    ) -> Timestamp {
        var droplet = droplet
        Self.skipExpired(&droplet, at: now)
        while let policy = droplet.policy, let window = droplet.nextWindow,
            let made = Self.backupTime(of: droplet), made <= now
        {
            addImage(
                of: droplet.id, named: "\(droplet.name) \(made.rfc3339.prefix(10))",
                isBackup: true, createdAt: Stamp(made),
                expiresAt: Stamp(made + .days(Int(policy.retentionPeriodDays))))
            droplet.nextWindow = Stamp(window.instant + policy.period)
        }
        droplets.update(droplet.id) { $0.nextWindow = droplet.nextWindow }
        var next = Self.backupTime(of: droplet) ?? .distantFuture
        for id in droplets[droplet.id]?.backups ?? [] {
            guard let image = images[id], let expires = image.expiresAt?.instant else { continue }
            if expires <= now { remove(image) } else { next = min(next, expires) }
        }
        return next
    }

    /// Passes over windows whose backups would be gone again: the clock may have leapt by years.
    private static func skipExpired(_ droplet: inout SimulatedDroplet, at now: Timestamp) {
        guard let policy = droplet.policy, let window = droplet.nextWindow,
            let made = backupTime(of: droplet)
        else { return }
        let late = now - made - .days(Int(policy.retentionPeriodDays))
        guard late > .zero else { return }
        let periods = late.wholeSeconds / policy.period.wholeSeconds
        droplet.nextWindow = Stamp(
            window.instant + .seconds(periods * policy.period.wholeSeconds))
    }
}
