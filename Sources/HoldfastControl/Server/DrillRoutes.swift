import HoldfastCore
import Hummingbird

/// The paths about drills.
extension ControlRoutes {
    func addDrills(to router: Router<ControlContext>) {
        router.post("/v1/targets/{name}/verify") { request, context in
            let query = try Query(request, allowing: ["policy"])
            let name = try context.text("name")
            let actor = try await authorised(context)
            let job = try await answering {
                try await surface.requestDrill(target: name, policy: query["policy"], by: actor)
            }
            return try json(JobWire(JobStatus(job: job, progress: nil)), status: .accepted)
        }
    }
}
