import HTTPTypes
import HoldfastCore
import Hummingbird

/// The paths about what the guard holds back.
extension ControlRoutes {
    func addPruning(to router: Router<ControlContext>) {
        router.get("/v1/prune/plans") { request, _ in
            _ = try Query(request, allowing: [])
            let plans = try await answering { try await surface.prunePlans() }
            return try json(PageWire(items: plans.map(PrunePlanWire.init)))
        }
        router.post("/v1/prune/confirm/{hash}") { request, context in
            _ = try Query(request, allowing: [])
            let hash = try context.text("hash")
            let actor = try await authorised(context)
            let confirmation = try await answering {
                try await surface.confirmPrune(hash, by: actor)
            }
            return try json(PruneConfirmationWire(confirmation), status: .accepted)
        }
    }
}
