import Foundation
import HoldfastCore

/// What stands beside a point's data and says what it is: `manifest.json`.
///
/// `docs/local-provider.md` describes every key. A key that is missing here and present there is
/// ignored on reading, so that older programs read newer points of the same format.
struct Manifest: Codable, Equatable, Sendable {
    static let fileName = "manifest.json"
    static let currentFormat = 1
    /// A larger file is no manifest of ours.
    static let bytesMax = 1 << 20

    /// Where a database's file is restored to, it gets the same rights again.
    struct Ownership: Codable, Equatable, Sendable {
        /// Octal, such as `640`.
        var mode: String
        var uid: UInt32
        var gid: UInt32
    }

    var format = currentFormat
    var holdfast: String
    var token: String
    var target: String
    var policy: String
    var slotOpens: String
    var kind: String
    var source: String
    var exclude: [String]
    var takenAt: String
    var completedAt: String
    var data: String
    var sha256: String
    var storedBytes: Int64
    var sourceBytes: Int64?
    var entries: Int64?
    var warnings: [String]
    /// The first line of each program's `--version`, by the program's name.
    var tools: [String: String]
    var owner: Ownership?

    enum CodingKeys: String, CodingKey {
        case format, holdfast, token, target, policy
        case slotOpens = "slot_opens"
        case kind, source, exclude
        case takenAt = "taken_at"
        case completedAt = "completed_at"
        case data, sha256
        case storedBytes = "stored_bytes"
        case sourceBytes = "source_bytes"
        case entries, warnings, tools, owner
    }

    /// What the provider reports of the point.
    func remotePoint(_ token: BackupToken, takenAt: Timestamp) -> RemotePoint {
        RemotePoint(
            token: token, remoteID: "\(target)/\(token)", takenAt: takenAt,
            sourceBytes: sourceBytes.map { ByteCount($0) }, storedBytes: ByteCount(storedBytes),
            entries: entries, warnings: Array(warnings.prefix(TarReport.kept)))
    }

    /// The file's text.
    func text() throws(ProviderError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self)) + [0x0A]
        } catch {
            throw ProviderError(.permanent, "can't write the manifest of \(token): \(error)")
        }
    }

    /// Whether a data file's name is one that this program writes; no other is ever opened.
    var form: DataForm? { DataForm(fileName: data) }
}

/// What a data file holds and how it is compressed; both show in its name.
struct DataForm: Hashable, Sendable {
    enum Content: String, CaseIterable {
        case archive = "tar"
        case database = "sqlite"
    }

    let content: Content
    let compression: Compression

    var fileName: String { "data.\(content.rawValue).\(compression.suffix)" }

    init(_ content: Content, _ compression: Compression) {
        self.content = content
        self.compression = compression
    }

    init?(fileName: String) {
        for content in Content.allCases {
            for compression in Compression.allCases {
                let form = DataForm(content, compression)
                if form.fileName == fileName {
                    self = form
                    return
                }
            }
        }
        return nil
    }
}
