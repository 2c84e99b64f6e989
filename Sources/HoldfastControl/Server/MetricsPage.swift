/// A page in Prometheus' text format 0.0.4: families with their help, each sample a line.
struct MetricsPage {
    /// What Prometheus makes of a family's numbers.
    enum Kind: String {
        /// Goes up and down.
        case gauge
        /// Only goes up.
        case counter
    }

    /// A number with what it is about.
    struct Sample {
        let labels: [(name: String, value: String)]
        let value: Double

        init(_ value: Double, _ labels: [(name: String, value: String)] = []) {
            self.value = value
            self.labels = labels
        }

        init(_ value: Int, _ labels: [(name: String, value: String)] = []) {
            self.init(Double(value), labels)
        }
    }

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private var lines: [String] = []

    /// Everything that was added, in its order.
    var text: String { lines.joined(separator: "\n") + "\n" }

    /// Adds a family; one without samples still tells that it exists.
    ///
    /// - Parameters:
    ///   - name: With `holdfast_` and the unit; counters end in `_total`.
    ///   - samples: Each with other labels.
    mutating func add(_ name: String, _ kind: Kind, help: String, _ samples: [Sample]) {
        lines.append("# HELP \(name) \(Self.escaped(help, quotes: false))")
        lines.append("# TYPE \(name) \(kind.rawValue)")
        for sample in samples {
            let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
            lines.append(
                name + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}")
                    + " \(Self.number(sample.value))")
        }
    }

    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool = true) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
