import HoldfastCore

/// The vendor's JSON shapes.
enum PiecesWire {
    private static let schema: JSON = ["migration": 0, "semantic": "MAJOR_0_MINOR_0_PATCH_1"]

    static func date(_ instant: Timestamp, _ form: PiecesSettings.DateForm) -> JSON {
        // With milliseconds always, and always as many digits.
        let text = instant.roundedDownToSecond.rfc3339.dropLast()
        let fraction = String((instant - instant.roundedDownToSecond).wholeMilliseconds + 1000)
        return .text("\(text).\(fraction.dropFirst())\(form == .zoned ? "Z" : "")")
    }

    static func backup(_ backup: SimulatedBackup, _ settings: PiecesSettings) -> JSON {
        [
            "schema": schema, "id": .text(backup.id), "version": .text(backup.version),
            "timestamp": .text(backup.timestamp), "bytes": .number(backup.bytes),
            "created": [
                "schema": schema, "value": date(backup.createdAt.instant, settings.dates),
            ],
            "device_name": .text(backup.deviceName), "platform": .text(backup.platform),
        ]
    }

    static func backups(_ state: PiecesState) -> JSON {
        // By time, and those of one instant by id: ids do not sort by time.
        let rows = state.backups.rows.sorted {
            ($0.createdAt, $0.id) < ($1.createdAt, $1.id)
        }
        let indices = rows.enumerated().map {
            (name: $0.element.id, value: JSON.number(Int64($0.offset)))
        }
        return [
            "schema": schema,
            "iterable": .list(rows.map { backup($0, state.settings) }),
            "indices": .object(indices), "score": ["automatic": 0, "manual": 0],
        ]
    }

    static func status(
        of creation: SimulatedCreation, at now: Timestamp, _ settings: PiecesSettings
    ) -> JSON {
        [
            "schema": schema, "backup": backup(creation.backup, settings),
            "percentage": .fraction(creation.percent(at: now)),
            "value": .text(creation.outcome?.rawValue ?? "IN-PROGRESS"),
        ]
    }

    /// One object of a streamed creation.
    static func progress(
        _ status: String, _ percent: Double, _ named: SimulatedBackup?, _ settings: PiecesSettings
    ) -> JSON {
        var members: [(name: String, value: JSON)] = [
            ("schema", schema), ("status", .text(status)), ("percentage", .fraction(percent)),
        ]
        if let named { members.append(("backup", backup(named, settings))) }
        return .object(members)
    }

    private static func cloudURL(_ state: PiecesState) -> JSON {
        [
            "schema": schema, "url": .text("https://\(state.user.id).pieces.invalid"),
            "status": .text(state.settings.cloudStatus.rawValue),
        ]
    }

    static func user(_ state: PiecesState) -> JSON {
        guard state.settings.signedIn else {
            return state.settings.signedOutUser == .null
                ? ["schema": schema, "user": .null] : ["schema": schema]
        }
        let user = state.user
        var members: [(name: String, value: JSON)] = [
            ("schema", schema), ("id", .text(user.id)), ("email", .text(user.email)),
            ("name", .text(user.name)), ("username", .text(user.username)),
            // The vendor's own client reads no profile without it.
            (
                "aesthetics",
                [
                    "schema": schema, "theme": ["schema": schema, "dark": true],
                    "font": ["schema": schema, "size": 14],
                ]
            ),
        ]
        if state.settings.cloudStatus != .none {
            members.append(
                (
                    "allocation",
                    [
                        "schema": schema, "id": .text(user.id), "user": .text(user.id),
                        "project": "pieces-simulated", "region": "us-central1",
                        "version": .text(state.version),
                        "status": [
                            "schema": schema, "cloud": .text(state.settings.cloudStatus.rawValue),
                        ],
                        "urls": ["schema": schema, "base": cloudURL(state), "id": cloudURL(state)],
                    ]
                ))
        }
        return ["schema": schema, "user": .object(members)]
    }
}
