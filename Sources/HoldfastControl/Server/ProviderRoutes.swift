import Foundation
import HTTPTypes
import HoldfastCore
import Hummingbird

/// The paths about providers, and what is done at them.
extension ControlRoutes {
    func addProviders(to router: Router<ControlContext>) {
        router.get("/v1/providers") { request, _ in
            _ = try Query(request, allowing: [])
            let rows = await surface.providers()
            return try json(PageWire(items: rows.map(ProviderWire.init)))
        }
        router.get("/v1/discoveries") { request, _ in
            _ = try Query(request, allowing: [])
            let rows = try await answering { try await surface.discoveries() }
            return try json(PageWire(items: rows.map(DiscoveryWire.init)))
        }
        router.post("/v1/providers/{name}/check") { request, context in
            _ = try Query(request, allowing: [])
            let name = try context.text("name")
            // It costs requests of the vendor's allowance.
            _ = try await authorised(context)
            let found = try await answering { try await surface.checkProvider(name) }
            return try json(CheckupWire(found))
        }
        addPointWork(to: router)
        addBackupUnits(to: router)
    }

    private func addPointWork(to router: Router<ControlContext>) {
        router.get("/v1/points/{point}/restore") { request, context in
            _ = try Query(request, allowing: [])
            let point = try context.text("point")
            _ = try await authorised(context)
            let offer = try await answering { try await surface.previewRestore(point) }
            return try json(RestoreOfferWire(offer))
        }
        router.post("/v1/points/{point}/restore") { request, context in
            let query = try Query(request, allowing: ["accept"])
            let point = try context.text("point")
            let accepted = try Self.dangers(query["accept"])
            let actor = try await authorised(context)
            let job = try await answering {
                try await surface.requestRestore(point, accepting: accepted, by: actor)
            }
            return try json(JobWire(JobStatus(job: job, progress: nil)), status: .accepted)
        }
        router.post("/v1/points/{point}/note") { request, context in
            let query = try Query(request, allowing: ["text"])
            let point = try context.text("point")
            let actor = try await authorised(context)
            let noted = try await answering {
                try await surface.annotate(point, with: query["text"] ?? "", by: actor)
            }
            return try json(PointWire(noted))
        }
    }

    private static func dangers(_ text: String?) throws -> Set<RestoreDanger> {
        var found: Set<RestoreDanger> = []
        for word in (text ?? "").split(separator: ",") {
            guard let danger = RestoreDanger(rawValue: String(word)) else {
                let known = RestoreDanger.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.invalid(
                    "'\(BoundedText.cut(String(word), to: 100))' is nothing to accept; known are: "
                        + known)
            }
            found.insert(danger)
        }
        return found
    }

    private func addBackupUnits(to router: Router<ControlContext>) {
        router.get("/v1/backup-units/{unit}/destruction") { request, context in
            let provider = try Query(request, allowing: ["provider"])["provider"]
            let unit = try context.text("unit")
            _ = try await authorised(context)
            let lines = try await answering {
                try await surface.previewDestruction(unit: unit, provider: provider)
            }
            return try json(BackupUnitWire(unit: unit, destroys: lines, signOnUrl: nil))
        }
        router.post("/v1/backup-units/{unit}/destruction") { request, context in
            let query = try Query(request, allowing: ["provider", "destroys_all_backups"])
            let unit = try context.text("unit")
            let actor = try await authorised(context)
            guard query["destroys_all_backups"] == "true" else {
                throw Problem.invalid(
                    "deleting a backup unit destroys all of its backups; nothing was done without "
                        + "destroys_all_backups=true")
            }
            try await answering {
                try await surface.destroy(unit: unit, provider: query["provider"], by: actor)
            }
            return try json(BackupUnitWire(unit: unit, destroys: nil, signOnUrl: nil))
        }
        router.post("/v1/backup-units/{unit}/sign-on") { request, context in
            let provider = try Query(request, allowing: ["provider"])["provider"]
            let unit = try context.text("unit")
            let actor = try await authorised(context)
            let url = try await answering {
                try await surface.signOnURL(unit: unit, provider: provider, by: actor)
            }
            return try json(
                BackupUnitWire(unit: unit, destroys: nil, signOnUrl: url.reveal { $0 }))
        }
        router.post("/v1/backup-units/{unit}/password") { request, context in
            let provider = try Query(request, allowing: ["provider"])["provider"]
            let unit = try context.text("unit")
            let actor = try await authorised(context)
            try await answering {
                try await surface.rotatePassword(unit: unit, provider: provider, by: actor)
            }
            return try json(BackupUnitWire(unit: unit, destroys: nil, signOnUrl: nil))
        }
    }
}

extension ControlContext {
    /// A piece of the path, decoded.
    func text(_ name: String) throws -> String {
        try parameters.require(name).removingPercentEncoding ?? ""
    }
}
