import Crypto
import Foundation
import GRDB
import HoldfastCore

/// The audit log's chain: every entry carries SHA-256(previous hash ‖ canonical JSON).
///
/// The JSON (RFC 8785) is an object of `actor`, `at` (milliseconds), `detail`, `id`, `job`, `kind`,
/// `policy`, `target`, `token`, with `null` for what an entry does not have. Before the first
/// entry the previous hash is 32 zero bytes.
enum EventChain {
    struct Head {
        var id: Int64
        var hash: [UInt8]

        static let beginning = Head(id: 0, hash: [UInt8](repeating: 0, count: 32))
    }

    static func append(_ events: [NewEvent], in context: WriteContext) throws {
        guard !events.isEmpty else { return }
        var head = try context.chainHead ?? readHead(context.database)
        for event in events {
            let detail = CanonicalJSON.object(event.detail)
            let id = head.id + 1
            let json = canonical(
                id: id, at: event.at.milliseconds, kind: event.kind.rawValue,
                actor: event.actor.description, policy: event.policy?.text,
                target: event.target?.text, job: event.job?.number, token: event.token?.text,
                detail: detail)
            head = Head(id: id, hash: hash(after: head.hash, json))
            try context.run(
                """
                INSERT INTO event (id, at, kind, actor, policy, target, job, token, detail, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    id, event.at.milliseconds, event.kind.rawValue, event.actor.description,
                    event.policy?.text, event.target?.text, event.job?.number, event.token?.text,
                    detail, Data(head.hash),
                ])
        }
        context.chainHead = head
    }

    static func hash(after previous: [UInt8], _ json: [UInt8]) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(data: previous)
        hasher.update(data: json)
        return Array(hasher.finalize())
    }

    static func canonical(
        id: Int64, at: Int64, kind: String, actor: String, policy: String?, target: String?,
        job: Int64?, token: String?, detail: String
    ) -> [UInt8] {
        var json = CanonicalJSON()
        func optional(_ text: String?) {
            if let text { json.append(text) } else { json.appendRaw("null") }
        }
        json.appendRaw("{\"actor\":")
        json.append(actor)
        json.appendRaw(",\"at\":")
        json.append(at)
        json.appendRaw(",\"detail\":")
        json.appendRaw(detail)
        json.appendRaw(",\"id\":")
        json.append(id)
        json.appendRaw(",\"job\":")
        if let job { json.append(job) } else { json.appendRaw("null") }
        json.appendRaw(",\"kind\":")
        json.append(kind)
        json.appendRaw(",\"policy\":")
        optional(policy)
        json.appendRaw(",\"target\":")
        optional(target)
        json.appendRaw(",\"token\":")
        optional(token)
        json.appendRaw("}")
        return json.bytes
    }

    private static func readHead(_ database: Database) throws -> Head {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT id, hash FROM event ORDER BY id DESC LIMIT 1"))
        guard let row else { return .beginning }
        let hash: Data = row["hash"]
        return Head(id: row["id"], hash: Array(hash))
    }
}
