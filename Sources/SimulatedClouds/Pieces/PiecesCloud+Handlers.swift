import HoldfastCore

extension PiecesCloud {
    /// Does what a request asks for.
    ///
    /// - Parameter id: The backup in the path, if the path has one.
    func perform(
        _ operation: PiecesOperation, _ id: String, _ request: CloudRequest
    ) async throws(PiecesRefusal) -> CloudReply {
        switch operation {
        case .getWellKnownHealth:
            return PiecesRefusal.reply(200, "ok:\(SimulatedUUID.text("05a11ee0", 1))")
        case .getWellKnownVersion: return PiecesRefusal.reply(200, state.version)
        case .userSnapshot: return .json(PiecesWire.user(state))
        case .backupsSnapshot: return .json(PiecesWire.backups(state))
        case .backupsCreateNewBackup: return try await create(request)
        case .backupsCreateNewBackupStreamed: return try createStreamed(request)
        case .backupsDeleteSpecificBackup:
            try PiecesBody.checkBackup(request.body, named: id)
            try state.delete(id)
            return CloudReply(status: 204)
        case .backupSpecificBackupSnapshot: return backupReply(try state.backup(id))
        case .backupSpecificCreationStatus: return try creationStatus(id)
        case .backupSpecificCreationCancel:
            try state.cancel(id, at: clock.now)
            clock.wake()
            return CloudReply(status: 204)
        case .backupRestoreSpecificBackup:
            try PiecesBody.checkBackup(request.body, named: id)
            return backupReply(
                try state.restore(id, willFail: request.orders.actionErrs, at: clock.now))
        }
    }

    private func backupReply(_ backup: SimulatedBackup) -> CloudReply {
        .json(PiecesWire.backup(backup, state.settings))
    }

    private func begin(_ request: CloudRequest) throws(PiecesRefusal) -> SimulatedCreation {
        try PiecesBody.checkSeed(request.body)
        return try state.create(willFail: request.orders.actionErrs, at: clock.now)
    }

    /// Makes a backup, and answers when it is made.
    private func create(_ request: CloudRequest) async throws(PiecesRefusal) -> CloudReply {
        let begun = try begin(request)
        do {
            try await rest(until: begun.endsAt, during: begun)
        } catch {
            throw .failed("Pieces OS stops.")
        }
        switch state.creation(of: begun.backup.id)?.outcome {
        case .completed: return backupReply(begun.backup)
        case .canceled: throw .failed("The backup was cancelled.")
        case .failed, nil: throw .failed("The backup could not be made.")
        }
    }

    /// Makes a backup, and tells how far it is.
    private func createStreamed(_ request: CloudRequest) throws(PiecesRefusal) -> CloudReply {
        let begun = try begin(request)
        let stream = PiecesStream(self, of: begun, state.settings)
        var reply = CloudReply(
            status: 200,
            contentType: state.settings.framing == .data
                ? "text/event-stream" : "application/json; charset=utf-8")
        reply.stream = stream.body
        return reply
    }

    private func creationStatus(_ id: String) throws(PiecesRefusal) -> CloudReply {
        // Of a completed one it is told as long as the backup is there.
        if let creation = state.creation(of: id), creation.outcome != .completed {
            return .json(PiecesWire.status(of: creation, at: clock.now, state.settings))
        }
        guard let backup = state.backups[id] else {
            throw PiecesRefusal(404, "There is no backup '\(id)'.")
        }
        let creation = SimulatedCreation(
            backup: backup, startedAt: backup.createdAt, seconds: 0, willFail: false,
            outcome: .completed, endedAt: backup.createdAt)
        return .json(PiecesWire.status(of: creation, at: clock.now, state.settings))
    }

    /// Rests until an instant, or until the creation has ended.
    private func rest(until instant: Timestamp, during creation: SimulatedCreation) async throws {
        while true {
            let turn = clock.turn
            let now = clock.now
            state.settle(at: now)
            guard state.creation?.backup.id == creation.backup.id, now < instant else { return }
            try await clock.wait(until: instant, since: turn)
        }
    }
}

extension PiecesCloud {
    /// What a stream tells at one place, when it is time for it.
    ///
    /// - Parameters:
    ///   - index: From 0 on; the last one, if nothing goes wrong, is `count`.
    ///   - count: Objects before the last one.
    /// - Throws: `CancellationError`.
    func progress(
        of begun: SimulatedCreation, _ index: Int, of count: Int
    ) async throws -> PiecesProgress {
        let isTail = index >= count
        let percent = isTail ? 100 : 100 * Double(index) / Double(count)
        let instant = isTail ? begun.endsAt : min(begun.instant(percent: percent), begun.endsAt)
        try await rest(until: instant, during: begun)
        let creation = state.creation(of: begun.backup.id) ?? begun
        let isTold =
            creation.outcome == .completed
            || instant < (creation.endedAt?.instant ?? .distantFuture)
        if !isTail, isTold {
            let named = state.settings.progressNamesBackup ? begun.backup : nil
            return PiecesProgress(
                object: PiecesWire.progress("IN-PROGRESS", percent, named, state.settings),
                percent: percent, isLast: false)
        }
        // Another hundred creations have ended since, if this one is not remembered.
        let outcome = creation.outcome ?? .failed
        let reached = creation.percent(at: clock.now)
        let object = PiecesWire.progress(
            outcome.rawValue, reached, outcome == .completed ? begun.backup : nil, state.settings)
        return PiecesProgress(object: object, percent: reached, isLast: true)
    }

    /// The client of a stream went away.
    func streamWasLeft(_ id: String) {
        guard state.settings.leavingCancels, state.creation?.backup.id == id else { return }
        // It may have ended in this very moment, which is all right.
        try? state.cancel(id, at: clock.now)
        clock.wake()
    }
}
