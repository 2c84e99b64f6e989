public import HoldfastCore

extension IONOSProvider: BackupUnitProvider {
    /// Which backup units are missing, have another e-mail address or are not available; one list
    /// for all of them.
    public func drifted(
        _ requests: [ReconcileRequest]
    ) async throws(ProviderError) -> [ReconcileRequest] {
        let wanted = requests.filter { !$0.target.subject.makesPoints }
        guard !wanted.isEmpty else { return [] }
        let units = try await units()
        return wanted.filter { request in
            guard case .backupUnit(let declared) = request.target.subject else { return false }
            guard let unit = units.first(where: { $0.properties.name == declared.name }) else {
                return true
            }
            return unit.properties.email != declared.email || !unit.isAvailable
        }
    }

    /// Makes a unit that is missing, and mends its e-mail address; returns when it is available.
    ///
    /// The password is read when a unit is made, and otherwise not.
    public func reconcile(
        _ request: ReconcileRequest
    ) async throws(ProviderError) -> ReconcileReport {
        guard case .backupUnit(let declared) = request.target.subject else {
            throw ProviderError(
                .permanent,
                "provider \(id) keeps backup units as declared, and no \(request.target.subject.kind)"
            )
        }
        guard let unit = try await unit(named: declared.name) else {
            try await make(declared)
            return ReconcileReport(
                repairs: ["backup unit \(declared.name) was missing and is made"])
        }
        guard unit.properties.email != declared.email else {
            if !unit.isAvailable { try await awaitAvailable(unit.id, declared.name) }
            return ReconcileReport()
        }
        let was = unit.properties.email.map { "was \(BoundedText.cut($0, to: 200))" } ?? "was none"
        try await change(unit.id, declared.name, IONOSWire.UnitMail(email: declared.email))
        return ReconcileReport(
            repairs: [
                "the e-mail address of backup unit \(declared.name) \(was) and is \(declared.email)"
            ])
    }

    /// A URL that signs its reader in.
    public func signOnURL(ofUnit name: String) async throws(ProviderError) -> Secret {
        let found = try await existing(name)
        let (body, _) = try await client.call(
            IONOSWire.SignOn.self,
            VendorRequest(.get, "/backupunits/\(found.id)/ssourl"),
            hiding: IONOSClient.unknownSecret)
        return Secret(body.ssoUrl)
    }

    /// Gives a unit the password that its reference holds now.
    public func rotatePassword(of unit: BackupUnit) async throws(ProviderError) {
        let found = try await existing(unit.name)
        let password = try secret(unit.password)
        let body = password.reveal { IONOSWire.UnitPassword(password: $0) }
        try await change(found.id, unit.name, body, hiding: password)
    }

    /// The four things that go with a unit.
    public func deletionPreview(ofUnit name: String) async throws(ProviderError) -> [String] {
        let found = try await existing(name)
        let user = client.contract.map { "\($0)-\(name)" } ?? "CONTRACT-\(name)"
        return [
            "the backup unit \(name) (\(found.id))",
            "all of its backup plans",
            "all backups that it ever took, of every machine",
            "its user on the backup service (\(user))",
        ]
    }

    /// Deletes a unit with all that belongs to it, and returns when it is gone.
    public func destroy(unit name: String) async throws(ProviderError) {
        guard let found = try await unit(named: name) else { return }
        try await delete("/backupunits/\(found.id)", "backup unit \(name)")
    }
}

extension IONOSProvider {
    /// The vendor's own examples of units show their passwords, so their bodies are not quoted.
    private func units() async throws(ProviderError) -> [IONOSWire.BackupUnit] {
        let units = try await client.whole(
            IONOSWire.BackupUnitList.self, "/backupunits", hiding: IONOSClient.unknownSecret
        ).items
        for unit in units { try Self.checkID(unit.id) }
        return units
    }

    private func unit(named name: String) async throws(ProviderError) -> IONOSWire.BackupUnit? {
        try await units().first { $0.properties.name == name }
    }

    private func existing(_ name: String) async throws(ProviderError) -> IONOSWire.BackupUnit {
        guard let unit = try await unit(named: name) else {
            throw ProviderError(
                .notFound,
                "provider \(id) has no backup unit '\(name)'; check the name. One that is declared is "
                    + "made in its policy's next window")
        }
        return unit
    }

    private func make(_ declared: BackupUnit) async throws(ProviderError) {
        let password = try secret(declared.password)
        let order = password.reveal {
            IONOSWire.Wrapped(
                properties: IONOSWire.UnitOrder(
                    name: declared.name, password: $0, email: declared.email))
        }
        let message = VendorRequest(
            .post, "/backupunits", body: try VendorRequest.json(order))
        var request: IONOSRequestPath?
        do throws(ProviderError) {
            let reply = try await client.exchange(message, hiding: password)
            request = requestPath(told: reply)
        } catch  where error.kind == .ambiguous {
            // Names are unique, so looking tells whether it was made.
            guard try await unit(named: declared.name) != nil else { throw error }
        }
        // The list is asked, because an answer that can't be read must not make a second one.
        let made = try await waiting(until: "backup unit \(declared.name) is there") {
            () throws(ProviderError) in
            if let unit = try await unit(named: declared.name) { return unit }
            if let request {
                _ = try await isDone(
                    request, "making the unit \(declared.name)", hiding: password)
            }
            return nil
        }
        try await awaitAvailable(made.id, declared.name, request, hiding: password)
    }

    /// Changes a unit, and returns when that is done.
    ///
    /// - Parameter properties: Bare: the vendor's `PATCH` does not wrap them.
    private func change(
        _ id: String, _ name: String, _ properties: some Encodable, hiding secret: Secret? = nil
    ) async throws(ProviderError) {
        let reply = try await client.exchange(
            VendorRequest(
                .patch, "/backupunits/\(id)", body: try VendorRequest.json(properties)),
            hiding: secret)
        try await awaitAvailable(id, name, requestPath(told: reply), hiding: secret)
    }

    /// `nil` where it can't be used: the unit's own state is enough.
    private func requestPath(told reply: VendorReply) -> IONOSRequestPath? {
        reply.headers["location"].flatMap {
            IONOSRequestPath(location: $0, endpoint: client.transport.endpoint)
        }
    }

    /// The unit's own state is asked for, as the vendor's own tools do; a request that failed ends
    /// the waiting.
    private func awaitAvailable(
        _ id: String, _ name: String, _ request: IONOSRequestPath? = nil,
        hiding secret: Secret? = nil
    ) async throws(ProviderError) {
        try await waiting(until: "backup unit \(name) is available") {
            () throws(ProviderError) -> Void? in
            if let request,
                try await !isDone(
                    request, "the change of backup unit \(name)", hiding: secret)
            {
                return nil
            }
            let (unit, _) = try await client.call(
                IONOSWire.BackupUnit.self, VendorRequest(.get, "/backupunits/\(id)?depth=1"),
                hiding: IONOSClient.unknownSecret)
            return unit.isAvailable ? () : nil
        }
    }
}

extension IONOSWire.BackupUnit {
    fileprivate var isAvailable: Bool { metadata.state == "AVAILABLE" }
}
