import HTTPTypes
import HoldfastCore
import Hummingbird

/// The paths about what is really at the providers.
extension ControlRoutes {
    func addTruth(to router: Router<ControlContext>) {
        router.get("/v1/points/foreign") { request, _ in
            let page = try Query(request, allowing: ["limit", "cursor", "target"]).pageRequest()
            let rows = try await answering { try await surface.foreignPoints(page) }
            return try json(wire(rows, ForeignPointWire.init))
        }
        router.get("/v1/points/orphans") { request, _ in
            _ = try Query(request, allowing: [])
            let rows = try await answering { try await surface.orphans() }
            return try json(PageWire(items: rows.map(OrphanWire.init)))
        }
        router.post("/v1/reconcile") { request, context in
            _ = try Query(request, allowing: [])
            let actor = try await authorised(context)
            let count = try await answering { try await surface.requestLooks(by: actor) }
            return try json(ReconcileWire(jobs: count), status: .accepted)
        }
        router.post("/v1/targets/{name}/reconcile") { request, context in
            _ = try Query(request, allowing: [])
            let name = try context.text("name")
            // It costs requests of the vendor's allowance.
            let actor = try await authorised(context)
            let job = try await answering {
                try await surface.requestLook(target: name, by: actor)
            }
            return try json(JobWire(JobStatus(job: job, progress: nil)), status: .accepted)
        }
        router.post("/v1/targets/{name}/adopt") { request, context in
            let query = try Query(request, allowing: ["policy", "remote_ids", "reason"])
            let name = try context.text("name")
            let actor = try await authorised(context)
            guard let policy = query["policy"] else {
                throw Problem.invalid("'policy' is missing; name one of the target's policies")
            }
            let wish = AdoptionWish(
                target: name, policy: policy,
                remoteIDs: (query["remote_ids"] ?? "").split(separator: ",").map(String.init),
                reason: query["reason"] ?? "")
            let job = try await answering { try await surface.requestAdoption(wish, by: actor) }
            return try json(JobWire(JobStatus(job: job, progress: nil)), status: .accepted)
        }
    }
}
