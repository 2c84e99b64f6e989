import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("The simulated Pieces OS's interface")
struct PiecesInterfaceTests {
    private static let listed = #"""
        {"id":"12.4.1_1774612800","version":"12.4.1","timestamp":"1774612800","bytes":1,
        "created":{"value":"2026-03-27T12:00:00.000Z"},"device_name":"workstation",
        "platform":"LINUX"}
        """#
    private static let known = "12.4.1_1774612800"

    @Test("It tells that it is up, and its version, as plain text")
    func wellKnown() async throws {
        let pieces = try PiecesUnderTest()
        let health = try await pieces.ask("GET", "/.well-known/health")
        #expect(health.status == 200 && health.reply.contentType == "text/plain; charset=utf-8")
        #expect(String(decoding: health.reply.body, as: UTF8.self).hasPrefix("ok"))
        let version = try await pieces.ask("GET", "/.well-known/version")
        #expect(String(decoding: version.reply.body, as: UTF8.self) == "12.4.1")
    }

    @Test("The list holds the backups of several devices, oldest first")
    func list() async throws {
        let pieces = try PiecesUnderTest()
        let answer = try await pieces.ask("GET", "/backups")
        let rows = try #require(answer["iterable"]?.items)
        let devices = rows.compactMap { $0["device_name"]?.text }
        #expect(
            devices == [
                "old-desktop", "workstation", "Müllers MacBook", "workstation", "workstation",
                "Müllers MacBook",
            ])
        #expect(answer["iterable/4/id"]?.text == Self.known)
        #expect(answer["iterable/4/created/value"]?.text == "2026-03-27T12:00:00.000Z")
        #expect(answer["indices"]?[Self.known]?.number == 4)
        let mine = rows.filter { $0["device_name"]?.text == "workstation" }
            .compactMap { $0["bytes"]?.number }
        #expect(mine == mine.sorted() && Set(mine).count == 3)
        let one = try await pieces.ask("GET", "/backup/12%2E4.1_1774612800")
        #expect(one["id"]?.text == Self.known)
        #expect(one["platform"]?.text == "LINUX")
    }

    @Test("An estate has as many backups of this device and of others as was asked for")
    func estate() async throws {
        let pieces = try PiecesUnderTest(estate: PiecesEstate("backups=30,others=7"))
        let answer = try await pieces.ask("GET", "/backups")
        let devices = (answer["iterable"]?.items ?? []).compactMap { $0["device_name"]?.text }
        #expect(devices.count { $0 == "workstation" } == 30)
        #expect(devices.count == 37 && Set(devices).count == 4)
        let refusal = #expect(throws: InvalidEstate.self) { try PiecesEstate("droplets=1") }
        #expect(refusal?.description.contains("backups=N and others=N") == true)
    }

    @Test(
        "Who is signed in, and how far the cloud is, shows in the profile and in what is allowed",
        arguments: [
            ("SUCCEEDED", 200), ("RUNNING", 200), ("PENDING", 511), ("FAILED", 511),
            ("UNKNOWN", 511), ("DISCONNECTED", 511), ("NONE", 511),
        ])
    func cloudStatus(word: String, status: Int) async throws {
        let cloudStatus = try #require(PiecesSettings.CloudStatus(rawValue: word))
        let pieces = try PiecesUnderTest { $0.cloudStatus = cloudStatus }
        let user = try await pieces.ask("GET", "/user")
        #expect(user["user/email"]?.text == "dev@example.com")
        #expect(user["user/allocation/status/cloud"]?.text == (word == "NONE" ? nil : word))
        let list = try await pieces.ask("GET", "/backups")
        #expect(list.status == status)
        #expect((list.reply.contentType == "text/plain; charset=utf-8") == (status == 511))
    }

    @Test("Signing out is told in either way, and nothing is done then")
    func signedOut() async throws {
        let pieces = try PiecesUnderTest()
        await pieces.cloud.adjust { $0.signedIn = false }
        let user = try await pieces.ask("GET", "/user")
        guard case .null? = user["user"] else {
            Issue.record("no null: \(user)")
            return
        }
        await pieces.cloud.adjust { $0.signedOutUser = .absent }
        #expect(try await pieces.ask("GET", "/user")["user"] == nil)
        for (method, target) in [
            ("GET", "/backups"), ("POST", "/backups/create"), ("POST", "/backups/create/streamed"),
            ("POST", "/backups/\(Self.known)/delete"), ("GET", "/backup/\(Self.known)"),
            ("POST", "/backup/\(Self.known)/restore"),
        ] {
            let answer = try await pieces.ask(method, target)
            #expect(answer.status == 511, "\(method) \(target)")
        }
        await pieces.cloud.adjust { $0.signedIn = true }
        #expect(try await pieces.ids().count == 6)
    }

    @Test("What is too old for backups says 505; what has no cloud says 500")
    func unwell() async throws {
        let old = try PiecesUnderTest { $0.needsUpdate = true }
        #expect(try await old.ask("GET", "/backups").status == 505)
        #expect(try await old.ask("POST", "/backups/create").status == 505)
        let unwell = try PiecesUnderTest {
            $0.cloudHealth = .listsFail
            $0.backupSeconds = 0
        }
        #expect(try await unwell.ask("GET", "/backups").status == 500)
        #expect(try await unwell.ask("POST", "/backups/create").status == 200)
        let down = try PiecesUnderTest { $0.cloudHealth = .down }
        #expect(try await down.ask("GET", "/backups").status == 500)
        #expect(try await down.ask("POST", "/backups/create").status == 500)
        #expect(await down.cloud.state.creation == nil)
    }

    @Test(
        "Wrong requests are refused with plain text, and nothing is done",
        arguments: [
            ("GET", "/", "", 404), ("GET", "/backups/create/streamed/websocket", "", 404),
            ("POST", "/connect", "{}", 404), ("DELETE", "/backups", "", 405),
            ("GET", "/backups/create", "", 405), ("POST", "/backups/create", "[]", 500),
            ("POST", "/backups/create", "{", 500),
            ("POST", "/backups/create", #"{"schema":{"migration":"x"}}"#, 500),
            ("POST", "/backups/create/streamed", "7", 500), ("GET", "/backup/x", "", 500),
            ("POST", "/backups/x/delete", "", 500), ("GET", "/backup/x/creation/status", "", 404),
            ("POST", "/backup/\(known)/creation/cancel", "", 500),
            ("POST", "/backups/\(known)/delete", #"{"id":"\#(known)"}"#, 500),
            ("POST", "/backups/12.3.2_1772107200/delete", listed, 500),
            (
                "POST", "/backups/\(known)/delete",
                listed.replacing("LINUX", with: "AMIGA"), 500
            ),
            ("POST", "/backups/\(known)/delete", listed.replacing("2026-", with: "x"), 500),
            ("POST", "/backups/\(known)/delete", listed.replacing(":1,", with: #":"1","#), 500),
        ])
    func malformed(method: String, target: String, body: String, status: Int) async throws {
        let pieces = try PiecesUnderTest()
        let answer = try await pieces.ask(method, target, body)
        #expect(answer.status == status)
        #expect(answer.reply.contentType == "text/plain; charset=utf-8")
        #expect(!answer.reply.body.isEmpty && answer.json == nil)
        #expect((answer.reply.header("allow") != nil) == (status == 405))
        #expect(try await pieces.ids().count == 6)
        #expect(await pieces.cloud.state.creation == nil)
    }

    @Test("A backup is deleted once; what is not known is a 500, or a 404 if one reads it so")
    func deletion() async throws {
        let pieces = try PiecesUnderTest()
        let target = "/backups/\(Self.known)/delete"
        let deleted = try await pieces.ask("POST", target, Self.listed)
        #expect(deleted.status == 204 && deleted.reply.body.isEmpty)
        #expect(try await pieces.ids().contains(Self.known) == false)
        #expect(try await pieces.ask("POST", target, Self.listed).status == 500)
        await pieces.cloud.adjust { $0.unknownBackupStatus = 404 }
        #expect(try await pieces.ask("POST", target).status == 404)
    }

    @Test("An application that is not known is turned away only where that is asked for")
    func application() async throws {
        let free = try PiecesUnderTest()
        #expect(await free.cloud.credentials.isEmpty)
        let pieces = try PiecesUnderTest { $0.requiresApplication = true }
        let id = try #require(await pieces.cloud.credentials["application_id"])
        #expect(try await pieces.ask("GET", "/.well-known/health").status == 200)
        #expect(try await pieces.ask("GET", "/user").status == 401)
        #expect(try await pieces.ask("GET", "/backups", application: "x").status == 401)
        #expect(try await pieces.ask("GET", "/backups", application: id).status == 200)
        await pieces.cloud.adjust { $0.unknownApplicationStatus = 511 }
        #expect(try await pieces.ask("GET", "/backups").status == 511)
        await pieces.cloud.adjust { $0.applicationHeader = "application" }
        #expect(try await pieces.ask("GET", "/backups", application: id).status == 511)
    }

    @Test("A restore replaces the local database, and takes no backup of a newer Pieces OS")
    func restore() async throws {
        let pieces = try PiecesUnderTest()
        let before = await pieces.cloud.state.database
        let answer = try await pieces.ask("POST", "/backup/\(Self.known)/restore", Self.listed)
        #expect(answer.status == 200 && answer["id"]?.text == Self.known)
        let state = await pieces.cloud.state
        #expect(state.restores == 1 && state.restoredFrom == Self.known)
        #expect(state.database.identity != before.identity)
        // A day's work is lost.
        #expect(state.database.revision == before.revision - 1440)
        #expect(state.database.bytes < before.bytes)
        let newer = try #require(try await pieces.ids().last)
        #expect(newer.hasPrefix("13.0.0_"))
        #expect(try await pieces.ask("POST", "/backup/\(newer)/restore").status == 505)
        #expect(await pieces.cloud.state.restores == 1)
    }

    @Test(
        "Versions are compared number by number",
        arguments: [
            ("9.0.0", "12.4.1", true), ("12.4.1", "9.0.0", false), ("12.4", "12.4.0", false),
            ("12.4.0", "12.4", false), ("12.4.1", "12.4.1.1", true), ("x", "1", true),
        ])
    func versions(one: String, other: String, isOlder: Bool) {
        #expect(PiecesVersion(one).isOlder(than: PiecesVersion(other)) == isOlder)
    }

    @Test("Times are written with a zone or without")
    func dates() async throws {
        let now = CloudUnderTest.noon + .milliseconds(7)
        let pieces = try PiecesUnderTest(at: now) {
            $0.backupSeconds = 0
            $0.dates = .zoneless
        }
        let made = try await pieces.ask("POST", "/backups/create")
        #expect(made["created/value"]?.text == "2026-03-28T12:00:00.007")
        await pieces.cloud.adjust { $0.dates = .zoned }
        let listed = try await pieces.ask("GET", "/backups")
        #expect(listed["iterable/6/created/value"]?.text == "2026-03-28T12:00:00.007Z")
    }
}
