import ArgumentParser
import HoldfastCore
import HoldfastProviders

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read a point back and check every byte of it.",
        discussion: "Works on the repository itself, with or without a daemon.")

    @OptionGroup var locator: PointLocator
    @OptionGroup var state: StateOption
    @OptionGroup var json: JSONFlag

    struct Answer: Codable {
        let id: String
        let target: String
        let sha256: String
        let storedBytes: Int64
    }

    func run() async throws {
        try await performing {
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
                .pointVerified, of: found, detail: ["sha256": .text(verified.sha256)])
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
        commandName: "restore", abstract: "Unpack a point into a directory.",
        discussion: """
            Works on the repository itself, with or without a daemon. The directory is made when \
            it does not exist; one that is not empty is refused unless --force.
            """)

    @OptionGroup var locator: PointLocator
    @OptionGroup var state: StateOption
    @OptionGroup var json: JSONFlag
    @Option(help: ArgumentHelp("The directory to unpack into.", valueName: "path"))
    var to: String
    @Flag(help: "Unpack into a directory that is not empty; files of the same names are replaced.")
    var force = false

    struct Answer: Codable {
        let id: String
        let target: String
        let path: String
        let entries: Int64
    }

    func run() async throws {
        try await performing {
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
}
