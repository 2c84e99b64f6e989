import HoldfastCore
import Hummingbird

/// The paths about single points.
extension ControlRoutes {
    func addPoints(to router: Router<ControlContext>) {
        router.get("/v1/points") { request, _ in
            let query = try Query(request, allowing: Query.page.union(["marked"]))
            let page = try query.pageRequest(isMarked: query.flag("marked"))
            let rows = try await answering { try await surface.points(page) }
            return try json(wire(rows, PointWire.init))
        }
        router.get("/v1/points/{point}/explain") { request, context in
            _ = try Query(request, allowing: [])
            let point = try context.text("point")
            let found = try await answering { try await surface.explain(point) }
            return try json(ExplanationWire(found))
        }
        router.post("/v1/points/{point}/pin") { request, context in
            let query = try Query(request, allowing: ["reason", "until", "hold"])
            let point = try context.text("point")
            let wanted = PinRequest(
                reason: query["reason"], until: query["until"], isHold: try query.flag("hold"))
            let actor = try await authorised(context)
            let pinned = try await answering {
                try await surface.pin(point, as: wanted, by: actor)
            }
            return try json(PointWire(pinned))
        }
        router.post("/v1/points/{point}/unpin") { request, context in
            let query = try Query(request, allowing: ["reason", "lift_hold"])
            let point = try context.text("point")
            let wanted = UnpinRequest(
                reason: query["reason"], isLiftingHold: try query.flag("lift_hold"))
            let actor = try await authorised(context)
            let unpinned = try await answering {
                try await surface.unpin(point, as: wanted, by: actor)
            }
            return try json(PointWire(unpinned))
        }
        router.post("/v1/points/{point}/keep") { request, context in
            let query = try Query(request, allowing: ["reason"])
            let point = try context.text("point")
            let actor = try await authorised(context)
            let kept = try await answering {
                try await surface.keep(point, because: query["reason"], by: actor)
            }
            return try json(PointWire(kept))
        }
    }
}

extension Query {
    /// A parameter that is `true` or `false`; absent it is `false`.
    func flag(_ key: String) throws -> Bool {
        switch self[key] {
        case nil, "false": false
        case "true": true
        case let word?:
            throw Problem.invalid(
                "\(key) is true or false, not '\(BoundedText.cut(word, to: 100))'")
        }
    }
}
