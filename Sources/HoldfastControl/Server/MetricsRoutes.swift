import HTTPTypes
import HoldfastCore
import Hummingbird
import NIOCore

/// `GET /metrics`, for Prometheus.
extension ControlRoutes {
    func addMetrics(to router: Router<ControlContext>) {
        router.get("/metrics") { request, _ in
            _ = try Query(request, allowing: [])
            let page = try await answering {
                MetricsPage(
                    status: try await surface.status(),
                    refusals: try await surface.pruneRefusals())
            }
            return Response(
                status: .ok, headers: [.contentType: MetricsPage.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: page.text)))
        }
    }
}
