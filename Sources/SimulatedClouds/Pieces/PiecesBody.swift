import HoldfastCore

/// Judges bodies of requests, all of which may be left out.
enum PiecesBody {
    private static let platforms = [
        "UNKNOWN", "WEB", "MACOS", "LINUX", "WINDOWS", "FUCHSIA", "IOS", "ANDROID",
    ]

    /// The body of a creation, which has nothing to set.
    static func checkSeed(_ body: [UInt8]) throws(PiecesRefusal) {
        _ = try object(body)
    }

    /// The body of a deletion or a restore: the backup as it was listed.
    static func checkBackup(_ body: [UInt8], named id: String) throws(PiecesRefusal) {
        guard let json = try object(body) else { return }
        for member in ["id", "version", "timestamp", "device_name", "platform"] {
            guard json[member]?.text != nil else { throw malformed("\(member) must be a text") }
        }
        switch json["bytes"] {
        case .number, .fraction: break
        default: throw malformed("bytes must be a number")
        }
        guard let created = json["created"], try isStamp(created) else {
            throw malformed("created must be an object with a time in 'value'")
        }
        guard platforms.contains(json["platform"]?.text ?? "") else {
            throw malformed("platform must be one of \(platforms.joined(separator: ", "))")
        }
        guard json["id"]?.text == id else {
            throw malformed("the backup in the body is not the one in the path")
        }
    }

    /// An object, `nil` when there is no body.
    private static func object(_ body: [UInt8]) throws(PiecesRefusal) -> JSON? {
        guard !body.isEmpty else { return nil }
        guard let json = JSON.reading(body), case .object = json else {
            throw malformed("the body must be a JSON object")
        }
        try checkSchema(of: json)
        return json
    }

    private static func isStamp(_ json: JSON) throws(PiecesRefusal) -> Bool {
        try checkSchema(of: json)
        if let readable = json["readable"], readable.text == nil { return false }
        guard let value = json["value"]?.text else { return false }
        // Without a zone too, for that may be how it was listed.
        return Timestamp(rfc3339: value) != nil || Timestamp(rfc3339: value + "Z") != nil
    }

    private static func checkSchema(of json: JSON) throws(PiecesRefusal) {
        guard let schema = json["schema"] else { return }
        guard schema["migration"]?.number != nil,
            ["UNKNOWN", "MAJOR_0_MINOR_0_PATCH_1"].contains(schema["semantic"]?.text ?? "")
        else { throw malformed("schema must have 'migration' and 'semantic'") }
    }

    private static func malformed(_ words: String) -> PiecesRefusal {
        .failed("The request is malformed: \(words).")
    }
}
