import ArgumentParser
import HoldfastControl
import HoldfastCore
import HoldfastProviders

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read a point back, or have a target's restore drilled.",
        discussion: """
            A local point is read back and every byte of it checked, by working on the repository \
            itself, with or without a daemon.

            With --drill the daemon takes a good point of a target, as the policy's 'verify' says, \
            unpacks it into a scratch directory, checks it there and removes it again; a point of \
            a cloud is asked for again.
            """)

    @OptionGroup var locator: PointLocator
    @OptionGroup var state: StateOption
    @OptionGroup var drill: DrillOptions
    @OptionGroup var json: JSONFlag

    struct Answer: Codable {
        let id: String
        let target: String
        let sha256: String
        let storedBytes: Int64
    }

    func validate() throws {
        try drill.validate(locator.point, isByHand: locator.repository != nil)
    }

    func run() async throws {
        try await performing {
            if drill.drill { return try await drill.run(locator.point, isJSON: json.isOn) }
            let found = try await locator.find()
            let note = HistoryNote(path: state.historyPath)
            let verified: VerifiedPoint
            do {
                verified = try await found.provider.verify(found.target, found.token) {
                    Output.progress("\(found.target): \($0.bytes ?? ByteCount(0)) read")
                }
            } catch {
                Output.endProgress()
                if let error = error as? ProviderError, error.isDamage {
                    await note.add(
                        .pointDamaged, of: found, detail: ["reason": .text(error.message)])
                }
                throw error
            }
            Output.endProgress()
            await note.add(
                .pointVerified, of: found,
                detail: [
                    "entries": .number(verified.entries),
                    "proof": .text(ProofKind.read.rawValue), "sha256": .text(verified.sha256),
                ])
            if json.isOn {
                return try Output.json(
                    Answer(
                        id: found.token.text, target: found.target.text, sha256: verified.sha256,
                        storedBytes: verified.point.storedBytes?.bytes ?? 0))
            }
            Output.line(
                "\(found.token) of \(found.target) is whole: \(Show.bytes(verified.point.storedBytes?.bytes)) read, "
                    + "SHA-256 \(verified.sha256)")
        }
    }
}

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Unpack a point, or put it back where it came from.",
        discussion: """
            With --to a local point is unpacked into a directory, by working on the repository \
            itself, with or without a daemon. The directory is made when it does not exist; one \
            that is not empty is refused unless --force.

            Without --to the daemon has the provider put the point back into its target. It first \
            shows what that costs, and does it only when each danger is accepted by name.
            """)

    @OptionGroup var locator: PointLocator
    @OptionGroup var state: StateOption
    @OptionGroup var socket: SocketOption
    @OptionGroup var json: JSONFlag
    @Option(help: ArgumentHelp("The directory to unpack into.", valueName: "path"))
    var to: String?
    @Flag(help: "Unpack into a directory that is not empty; files of the same names are replaced.")
    var force = false
    @Flag(help: "Yes, what is on the target now may go.")
    var overwritesTarget = false
    @Flag(help: "Yes, backups that are newer may go.")
    var destroysNewerPoints = false

    struct Answer: Codable {
        let id: String
        let target: String
        let path: String
        let entries: Int64
    }

    func run() async throws {
        try await performing {
            guard let to else { return try await putBack() }
            let found = try await locator.find()
            let restored: RestoredPoint
            do {
                restored = try await found.provider.restore(
                    found.target, found.token, to: to, force: force
                ) {
                    Output.progress("\(found.target): \($0.bytes ?? ByteCount(0)) read")
                }
            } catch {
                Output.endProgress()
                throw error
            }
            Output.endProgress()
            await HistoryNote(path: state.historyPath).add(
                .pointRestored, of: found, detail: ["to": .text(restored.path)])
            if json.isOn {
                return try Output.json(
                    Answer(
                        id: found.token.text, target: found.target.text, path: restored.path,
                        entries: restored.entries))
            }
            Output.line(
                "restored \(found.token) of \(found.target) to \(restored.path) "
                    + "(\(restored.entries) entries)")
        }
    }

    private func putBack() async throws {
        let client = socket.client
        let path = "/v1/points/\(ControlClient.pathPiece(locator.point))/restore"
        let offer = try await client.get(RestoreOfferWire.self, path)
        if !json.isOn { tell(offer) }
        let accepted = [
            (overwritesTarget, RestoreDanger.overwritesTarget),
            (destroysNewerPoints, .destroysNewerPoints),
        ].filter(\.0).map(\.1.rawValue)
        let missing = offer.dangers.filter { !accepted.contains($0) }
        guard missing.isEmpty else {
            if json.isOn { try Output.json(offer) }
            throw CommandFailure(
                .usage,
                "nothing was restored; if that is meant, add "
                    + missing.map { "--\($0)" }.joined(separator: " and "))
        }
        let asked = try await client.post(
            JobWire.self, path, query: ["accept": accepted.joined(separator: ",")])
        let job = try await JobFollowing(client: client).end(of: asked)
        if json.isOn { try Output.json(job) }
        guard job.state == "succeeded" else {
            throw CommandFailure(
                .failed, "the restore \(job.state): \(job.error ?? "no reason given")")
        }
        if !json.isOn { Output.line("restored \(offer.point) to \(offer.target)") }
    }

    private func tell(_ offer: RestoreOfferWire) {
        Output.line(
            "Restoring \(offer.point) of \(offer.target), taken at "
                + "\(Show.instant(offer.takenAt)), overwrites \(Table.harmless(offer.overwrites)).")
        guard !offer.destroys.isEmpty else { return }
        Output.line("It destroys what is newer:")
        var table = Table(["  BACKUP", "TAKEN", "WHOSE"])
        for gone in offer.destroys {
            table.add([
                "  " + gone.name, Show.instant(gone.takenAt),
                gone.ours ? "ours" : "somebody else's",
            ])
        }
        Output.line(table.text)
    }
}
