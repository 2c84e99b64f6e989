import Foundation
import HoldfastCore

extension Survey {
    private struct Wire: Decodable {
        let reason: String
        let remoteIds: [String]
        let uid: UInt32
        let user: String
    }

    /// Reads the text of the column `survey`; `nil` for one that this version did not write.
    init?(column text: String) {
        guard text != Survey.look.name else {
            self = .look
            return
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        // The caller says which row has what can't be read.
        guard let wire = try? decoder.decode(Wire.self, from: Data(text.utf8)) else { return nil }
        self = .adopt(
            Adoption(
                remoteIDs: wire.remoteIds, reason: wire.reason, uid: wire.uid, user: wire.user))
    }
}
