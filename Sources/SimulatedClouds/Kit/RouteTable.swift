/// The paths that a vendor answers.
struct RouteTable<Operation: Sendable>: Sendable {
    struct Route: Sendable {
        let method: String
        /// With names in braces where ids stand.
        let pattern: String
        let operation: Operation
        fileprivate let segments: [String]
    }

    /// What a request means.
    enum Match: Sendable {
        /// The route, and what stands in place of its names, in order.
        case found(Route, [String])
        /// The path is there, but only for these methods.
        case otherMethod([String])
        case none
    }

    private let routes: [Route]

    /// - Parameter routes: The first one that fits is taken.
    init(_ routes: [(method: String, pattern: String, operation: Operation)]) {
        self.routes = routes.map {
            Route(
                method: $0.method, pattern: $0.pattern, operation: $0.operation,
                segments: $0.pattern.split(separator: "/").map(String.init))
        }
    }

    func match(_ request: CloudRequest) -> Match {
        let segments = request.segments
        var methods: [String] = []
        for route in routes {
            guard let names = Self.names(in: segments, of: route) else { continue }
            if route.method == request.method { return .found(route, names) }
            methods.append(route.method)
        }
        return methods.isEmpty ? .none : .otherMethod(methods)
    }

    /// The path of a request's route, with its names; `nil` when it has none.
    func pattern(of request: CloudRequest) -> String? {
        if case .found(let route, _) = match(request) { route.pattern } else { nil }
    }

    private static func names(in segments: [String], of route: Route) -> [String]? {
        guard segments.count == route.segments.count else { return nil }
        var names: [String] = []
        for (segment, expected) in zip(segments, route.segments) {
            if expected.hasPrefix("{") {
                names.append(segment)
            } else if segment != expected {
                return nil
            }
        }
        return names
    }
}
