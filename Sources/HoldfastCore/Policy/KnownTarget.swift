/// What a target was when it was last declared or found: enough to ask its provider for its points
/// after it is gone.
public struct KnownTarget: Hashable, Sendable {
    /// Its name.
    public let id: TargetID
    /// Who took its backups.
    public let provider: ProviderID
    /// What it was. A directory's patterns are not known any more.
    public let subject: Subject
    /// The vendor's name for it where a selector found it.
    public let title: String?

    /// Takes all of it.
    public init(id: TargetID, provider: ProviderID, subject: Subject, title: String? = nil) {
        self.id = id
        self.provider = provider
        self.subject = subject
        self.title = title
    }

    /// As a selector found it.
    public init(_ found: DiscoveredTarget) {
        self.init(
            id: found.id, provider: found.provider, subject: found.subject, title: found.title)
    }

    /// As it is declared; `nil` for what makes no points.
    public init?(_ target: Target) {
        guard target.subject.makesPoints else { return nil }
        self.init(
            id: target.id, provider: target.provider, subject: target.subject.recorded,
            title: target.title)
    }
}

extension Subject {
    /// What of it is recorded.
    var recorded: Subject {
        if case .directory(let path, _) = self { .directory(path: path, exclude: []) } else { self }
    }

    /// Reads what was declared back from the history; `nil` for kinds that this version does not
    /// know.
    public init?(recorded kind: String, source: String) {
        switch kind {
        case "directory": self = .directory(path: source, exclude: [])
        case "sqlite": self = .sqlite(path: source)
        case "device": self = .device(name: source == "this" ? nil : source)
        default:
            guard let found = Subject(discovered: kind, source: source) else { return nil }
            self = found
        }
    }
}
