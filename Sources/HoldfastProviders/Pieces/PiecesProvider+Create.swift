import Foundation
public import HoldfastCore
import Synchronization

extension PiecesProvider {
    /// Makes a backup, and reports how far it is; returns when it is made.
    ///
    /// What is stopped here goes on in Pieces OS, which is found later.
    ///
    /// - Throws: `authentication` when nobody is signed in or the cloud is not connected, `permanent`
    ///   when Pieces OS is too old, `transient` when it does not run or says that it failed,
    ///   `ambiguous` when it may have been made, `throttled` while another one may be under way.
    public func start(_ request: BackupRequest) async throws(ProviderError) -> BackupProgress {
        let device = try device(of: request.target)
        try await orders.open(request.token)
        let backup: PiecesWire.Backup
        do throws(ProviderError) {
            backup = try await created(request)
        } catch {
            // What broke off on the way stays open; everything else was answered.
            if error.kind != .ambiguous { await orders.answered(request.token) }
            throw error
        }
        await orders.answered(request.token)
        return .finished(point(backup, request.token, warnings: warnings(backup, device)))
    }

    private func warnings(_ backup: PiecesWire.Backup, _ device: Device) -> [String] {
        guard backup.deviceName != device.name else { return [] }
        let name = BoundedText.cut(backup.deviceName, to: 200)
        return [
            "Pieces OS calls the device of this backup '\(name)', not '\(device.name)'; "
                + "set the target's 'device' to that name, or no lost answer can be cleared up"
        ]
    }

    private func created(
        _ request: BackupRequest
    ) async throws(ProviderError) -> PiecesWire.Backup {
        let reader = Mutex(PiecesStreamReader(report: request.report))
        var order = VendorRequest(.post, "/backups/create/streamed", body: PiecesWire.seed)
        order.timeout = PiecesClient.longest
        let answer = try await client.stream(order) { (part) throws(ProviderError) in
            try reader.withLock { (reader) throws(ProviderError) in try reader.take(part) }
        }
        if PiecesMapping.isNotOffered(answer.reply.status) {
            return try await createdAtOnce(request.token)
        }
        try await settle(answer, request.token)
        return try reader.withLock { (reader) throws(ProviderError) in
            try reader.result(of: answer.what)
        }
    }

    /// The same without progress.
    private func createdAtOnce(
        _ token: BackupToken
    ) async throws(ProviderError) -> PiecesWire.Backup {
        var order = VendorRequest(.post, "/backups/create", body: PiecesWire.seed)
        order.timeout = PiecesClient.longest
        let answer = try await client.ask(order)
        try await settle(answer, token)
        return try client.decode(PiecesWire.Backup.self, from: answer)
    }

    /// Throws what a refusal means. Its work is over, so what is not listed then does not exist.
    private func settle(
        _ answer: PiecesClient.Answer, _ token: BackupToken
    ) async throws(ProviderError) {
        do throws(ProviderError) {
            try await client.expectSuccess(answer)
        } catch {
            await orders.over(token)
            throw error
        }
    }
}

/// Reads a streamed creation, object by object.
struct PiecesStreamReader {
    private let report: @Sendable (TransferProgress) -> Void
    private var cutter = JSONObjectCutter()
    private var last: PiecesWire.Progress?
    private var shown: TransferProgress?
    private var isEnded = false

    init(report: @escaping @Sendable (TransferProgress) -> Void) {
        self.report = report
    }

    /// Takes the next part.
    ///
    /// - Throws: `ambiguous` for what can't be read.
    mutating func take(_ part: [UInt8]) throws(ProviderError) -> HTTPTransport.Appetite {
        let objects: [[UInt8]]
        do {
            objects = try cutter.cut(part)
        } catch {
            throw lost("an object of more than \(JSONObjectCutter.objectMax) bytes")
        }
        for object in objects {
            let data = Data(object)
            do {
                last = try JSONDecoder().decode(PiecesWire.Progress.self, from: data)
            } catch {
                throw lost("what can't be read: \(VendorDecoding.excerpt(data))")
            }
            show()
            isEnded = ["COMPLETED", "FAILED", "CANCELED"].contains(last?.status ?? "")
            if isEnded { return .enough }
        }
        return .more
    }

    private mutating func show() {
        guard let percent = last?.percent else { return }
        let bytes = last?.backup.map {
            ByteCount(Int64(Double($0.bytes.number) * Double(percent) / 100))
        }
        let progress = TransferProgress(bytes: bytes, percent: percent)
        guard progress != shown else { return }
        shown = progress
        report(progress)
    }

    /// What the whole stream came to.
    ///
    /// - Throws: `transient` when the server says that there is no backup; `ambiguous` when it does
    ///   not say how it ended.
    func result(of what: String) throws(ProviderError) -> PiecesWire.Backup {
        let percent = last?.percent.map { " at \($0) %" } ?? ""
        switch (isEnded, last?.status) {
        case (true, "COMPLETED"):
            guard let backup = last?.backup else {
                throw lost("COMPLETED without the backup", of: what)
            }
            return backup
        case (true, let status?):
            throw ProviderError(
                .transient, "\(what): Pieces OS ended the backup with \(status)\(percent)")
        case (_, let status):
            throw lost(
                status.map { "an end after '\($0.prefix(40))'\(percent)" }
                    ?? (cutter.isInside ? "the beginning of an object" : "nothing in it"), of: what)
        }
    }

    private func lost(
        _ words: String, of what: String = "POST /backups/create/streamed"
    ) -> ProviderError {
        ProviderError(
            .ambiguous, "\(what) was answered with \(words); the backup may have been made")
    }
}
