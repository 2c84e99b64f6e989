/// A body that comes in pieces over time. One connection reads it, once.
public struct CloudStream: Sendable {
    /// How a stream came to its end.
    public enum Ending: String, Hashable, Sendable {
        /// All of it was sent.
        case complete
        /// A fault on order closed the connection.
        case cut
        /// The client went away, or the simulator stops.
        case left
    }

    /// More pieces than this are never sent; what goes on longer is cut.
    public static let pieceMax = 10_000

    /// So many pieces are sent when a fault truncates the body.
    let piecesBeforeCut: Int
    private let piece: @Sendable () async throws -> [UInt8]?
    private let ended: @Sendable (Ending) async -> Void

    /// Takes what makes the pieces.
    ///
    /// - Parameters:
    ///   - piecesBeforeCut: About half of the pieces that are to be expected.
    ///   - piece: Waits for the next one; `nil`: the body is complete. May throw
    ///     `CancellationError`.
    ///   - ended: Called once, when nothing more is read.
    public init(
        piecesBeforeCut: Int, piece: @escaping @Sendable () async throws -> [UInt8]?,
        ended: @escaping @Sendable (Ending) async -> Void = { _ in }
    ) {
        self.piecesBeforeCut = piecesBeforeCut
        self.piece = piece
        self.ended = ended
    }

    /// Hands the pieces on, each when it is there, and then says how it ended.
    ///
    /// - Parameters:
    ///   - isCut: Only the first part is handed on.
    ///   - leave: Ends when the client goes away.
    /// - Returns: Whether the body was completed.
    /// - Throws: What `write` throws, and `CancellationError`, also when the client goes away.
    func forEachPiece(
        isCut: Bool, until leave: AsyncStream<Never>,
        _ write: (_ piece: [UInt8]) async throws -> Void
    ) async throws -> Bool {
        let ending: Ending
        do {
            ending = try await withThrowingTaskGroup(of: Happening.self) { group in
                defer { group.cancelAll() }
                group.addTask {
                    for await _ in leave {}
                    return .left
                }
                for _ in 0..<(isCut ? piecesBeforeCut : Self.pieceMax) {
                    group.addTask { [piece] in try await piece().map { .piece($0) } ?? .end }
                    switch try await group.next() {
                    case .piece(let bytes): try await write(bytes)
                    case .end: return .complete
                    case .left, nil: throw CancellationError()
                    }
                }
                return .cut
            }
        } catch {
            await ended(.left)
            throw error
        }
        await ended(ending)
        return ending == .complete
    }

    private enum Happening: Sendable {
        case piece([UInt8])
        case end
        case left
    }

    /// The same stream, with another one who is told of its pieces and its end.
    func telling(
        piece told: @escaping @Sendable () async -> Void,
        ended alsoEnded: @escaping @Sendable (Ending) async -> Void
    ) -> CloudStream {
        let (piece, ended) = (piece, ended)
        return CloudStream(piecesBeforeCut: piecesBeforeCut) {
            guard let bytes = try await piece() else { return nil }
            await told()
            return bytes
        } ended: { ending in
            await ended(ending)
            await alsoEnded(ending)
        }
    }
}
