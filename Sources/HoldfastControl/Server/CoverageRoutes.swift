import HoldfastCore
import Hummingbird

/// The paths about objectives.
extension ControlRoutes {
    func addCoverage(to router: Router<ControlContext>) {
        router.get("/v1/coverage") { request, _ in
            let query = try Query(request, allowing: ["limit", "cursor", "target"])
            let part = try query.listPart()
            let rows = try await answering {
                try await surface.coverage(target: query["target"], part)
            }
            return try json(
                PageWire(
                    items: rows.rows.map(CoverageWire.init),
                    nextCursor: rows.next.map(Cursor.encode)))
        }
        router.get("/v1/uncovered") { request, _ in
            let query = try Query(request, allowing: ["limit", "cursor", "provider"])
            let part = try query.listPart()
            let list = try await answering {
                try await surface.uncovered(provider: query["provider"], part)
            }
            return try json(UncoveredListWire(list))
        }
        router.get("/v1/breaches") { request, _ in
            let query = try Query(
                request, allowing: ["limit", "cursor", "target", "from", "to"])
            let part = try query.listPart()
            let from = try query.instant("from")
            let to = try query.instant("to")
            let list = try await answering {
                try await surface.breaches(from: from, to: to, target: query["target"], part)
            }
            return try json(BreachListWire(list))
        }
        addPauses(to: router)
    }

    private func addPauses(to router: Router<ControlContext>) {
        router.post("/v1/policies/{name}/pause") { request, context in
            let query = try Query(request, allowing: ["reason", "until"])
            let name = try context.text("name")
            let until = try query["until"].map { _ in try query.instant("until") }
            let actor = try await authorised(context)
            let pause = try await answering {
                try await surface.pause(
                    policy: name, reason: query["reason"] ?? "", until: until, by: actor)
            }
            return try json(PauseWire(pause))
        }
        router.post("/v1/policies/{name}/resume") { request, context in
            _ = try Query(request, allowing: [])
            let name = try context.text("name")
            let actor = try await authorised(context)
            let pause = try await answering {
                try await surface.resume(policy: name, by: actor)
            }
            return try json(PauseWire(pause))
        }
    }
}

extension Query {
    /// An instant that has to be given.
    func instant(_ key: String) throws -> Timestamp {
        guard let instant = self[key].flatMap({ Timestamp(rfc3339: $0) }) else {
            throw Problem.invalid("'\(key)' is an instant such as 2026-03-29T01:00:00Z")
        }
        return instant
    }
}
