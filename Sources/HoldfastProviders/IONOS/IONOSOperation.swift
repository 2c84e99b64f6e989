import HoldfastCore

/// A snapshot under way, as the engine keeps it: `REQUEST/SNAPSHOT/TOKEN`.
struct IONOSOperation: Hashable {
    let request: IONOSRequestPath
    let snapshot: String
    let token: BackupToken

    init(request: IONOSRequestPath, snapshot: String, token: BackupToken) {
        self.request = request
        self.snapshot = snapshot
        self.token = token
    }

    init?(_ operation: OperationID) {
        let parts = operation.text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let request = IONOSRequestPath(id: parts[0]),
            IONOSRequestPath.isID(parts[1]), let token = BackupToken(parts[2])
        else { return nil }
        self.init(request: request, snapshot: String(parts[1]), token: token)
    }

    var id: OperationID { OperationID("\(request.id)/\(snapshot)/\(token)") }
}

/// A restore under way: `REQUEST/DATACENTER/VOLUME`.
struct IONOSRestore: Hashable {
    let request: IONOSRequestPath
    let datacenter: String
    let volume: String

    init(request: IONOSRequestPath, datacenter: String, volume: String) {
        self.request = request
        self.datacenter = datacenter
        self.volume = volume
    }

    init?(_ operation: OperationID) {
        let parts = operation.text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let request = IONOSRequestPath(id: parts[0]),
            IONOSRequestPath.isID(parts[1]), IONOSRequestPath.isID(parts[2])
        else { return nil }
        self.init(request: request, datacenter: String(parts[1]), volume: String(parts[2]))
    }

    var id: OperationID { OperationID("\(request.id)/\(datacenter)/\(volume)") }
}

/// Where the state of an accepted write is asked for, below the endpoint.
struct IONOSRequestPath: Hashable {
    private static let idMax = 64

    let id: String

    init?(id: some StringProtocol) {
        guard Self.isID(id) else { return nil }
        self.id = String(id)
    }

    /// Reads a `Location`, absolute or not.
    ///
    /// - Returns: `nil` unless it is a request's state at the very endpoint: credentials go
    ///   nowhere else.
    init?(location: String, endpoint: String) {
        guard let base = Address(endpoint) else { return nil }
        var path = location[...]
        if !location.hasPrefix("/") {
            guard let address = Address(location), address.origin == base.origin else {
                return nil
            }
            path = address.path
        }
        let prefix = base.path + "/requests/"
        guard path.hasPrefix(prefix), path.hasSuffix("/status"),
            path.count > prefix.count + "/status".count
        else { return nil }
        self.init(id: path.dropFirst(prefix.count).dropLast("/status".count))
    }

    /// The path.
    var text: String { "/requests/\(id)/status" }

    /// Whether a text may stand in a path: letters, digits and hyphens.
    static func isID(_ text: some StringProtocol) -> Bool {
        (1...idMax).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || $0 == 0x2D
            }
    }

    /// The two parts of a URL that matter.
    private struct Address {
        /// Scheme, host and port in small letters; the usual port is left out.
        let origin: String
        let path: Substring

        init?(_ url: String) {
            guard let separator = url.firstRange(of: "://") else { return nil }
            let scheme = url[..<separator.lowerBound].lowercased()
            let rest = url[separator.upperBound...]
            let host = rest.prefix { !"/?#".contains($0) }.lowercased()
            guard !host.isEmpty, !host.contains("@") else { return nil }
            let usual = scheme == "https" ? ":443" : ":80"
            let short = host.hasSuffix(usual) ? String(host.dropLast(usual.count)) : host
            origin = "\(scheme)://\(short)"
            path = rest.dropFirst(host.count)
        }
    }
}

/// The note in a snapshot's description that tells which volume it is of; the vendor does not.
struct IONOSLink: Hashable {
    let datacenter: String
    let volume: String

    init(datacenter: String, volume: String) {
        self.datacenter = datacenter
        self.volume = volume
    }

    /// Reads a description, in which people may have written more.
    init?(_ description: String?) {
        let words = (description ?? "").split { $0.isWhitespace || $0 == ";" || $0 == "," }
        func value(_ key: String) -> String? {
            words.first { $0.hasPrefix(key) }.map { $0.dropFirst(key.count).lowercased() }
        }
        guard let datacenter = value("datacenter="), let volume = value("volume=") else {
            return nil
        }
        self.init(datacenter: datacenter, volume: volume)
    }

    /// What is written.
    var text: String { "Holdfast datacenter=\(datacenter) volume=\(volume)" }
}
