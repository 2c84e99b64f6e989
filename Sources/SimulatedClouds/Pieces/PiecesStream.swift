import HoldfastCore

/// One streamed creation on its way to one client: cuts and joins what the cloud tells of it.
actor PiecesStream {
    private let cloud: PiecesCloud
    private let creation: SimulatedCreation
    private let framing: PiecesSettings.Framing
    private let count: Int
    private let stopsAt: Double
    /// The object that comes next; `nil`: the last one was told.
    private var next: Int? = 0
    /// The rest of an object that was cut in two.
    private var held: [UInt8] = []

    init(_ cloud: PiecesCloud, of creation: SimulatedCreation, _ settings: PiecesSettings) {
        self.cloud = cloud
        self.creation = creation
        framing = settings.framing
        count = settings.progressObjects
        stopsAt = Double(settings.streamStopsAt)
    }

    /// What is sent.
    nonisolated var body: CloudStream {
        CloudStream(piecesBeforeCut: max(1, count / 2)) {
            try await self.piece()
        } ended: { ending in
            if ending == .left { await self.cloud.streamWasLeft(self.creation.backup.id) }
        }
    }

    private func piece() async throws -> [UInt8]? {
        guard let index = next else {
            defer { held = [] }
            return held.isEmpty ? nil : held
        }
        let progress = try await cloud.progress(of: creation, index, of: count)
        let stops = !progress.isLast && stopsAt < 100 && progress.percent >= stopsAt
        next = progress.isLast || stops ? nil : index + 1
        return framed(progress.object.bytes, isFirst: index == 0, isLast: progress.isLast)
    }

    private func framed(_ object: [UInt8], isFirst: Bool, isLast: Bool) -> [UInt8] {
        switch framing {
        case .lines: return object + Array("\n".utf8)
        case .joined: return object
        case .array:
            return Array((isFirst ? "[" : ",").utf8) + object + (isLast ? Array("]".utf8) : [])
        case .data: return Array("data: ".utf8) + object + Array("\n\n".utf8)
        case .split:
            defer { held = Array(object.suffix(object.count - object.count / 2)) }
            return held + object.prefix(object.count / 2)
        }
    }
}

/// One object of a stream.
struct PiecesProgress: Sendable {
    let object: JSON
    let percent: Double
    /// Nothing follows it.
    let isLast: Bool
}
