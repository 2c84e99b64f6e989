import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("Backup units of the simulated IONOS Cloud")
struct IONOSBackupUnitTests {
    private let order =
        #"{"properties":{"name":"Nightly2","password":"n0t-told","email":"ops@example.com"}}"#

    @Test("A unit is busy until it is available, and its password is nowhere")
    func life() async throws {
        let cloud = try IONOSUnderTest()
        let made = try await cloud.ask("POST", "/backupunits", order)
        #expect(made.status == 202)
        #expect(made["metadata/state"]?.text == "BUSY")
        #expect(made["properties/email"]?.text == "ops@example.com")
        let path = "/backupunits/\(try #require(made["id"]?.text))"
        cloud.clock.advance(by: .seconds(60))
        let ready = try await cloud.ask("GET", path)
        #expect(ready["metadata/state"]?.text == "AVAILABLE")
        #expect(ready["properties/password"] == nil)
        let rotated = try await cloud.ask("PATCH", path, #"{"password":"n0t-told-either"}"#)
        #expect(rotated.status == 202)
        let requests = try await cloud.ask("GET", "/requests?depth=1")
        #expect(requests["items"]?.items?.count == 2)
        let places = [
            made.reply.body, rotated.reply.body, ready.reply.body, requests.reply.body,
            try await cloud.cloud.savedState(),
        ]
        for bytes in places {
            #expect(!String(decoding: bytes, as: UTF8.self).contains("n0t-told"))
        }
    }

    @Test("PUT wraps its properties and PATCH does not; either changes what is there only")
    func changes() async throws {
        let cloud = try IONOSUnderTest { $0.requestSeconds = 0 }
        let put = try await cloud.ask(
            "PUT", IONOSUnderTest.unit, #"{"properties":{"email":"put@example.com"}}"#)
        #expect(put.status == 202)
        let email = "properties/email"
        #expect(try await cloud.ask("GET", IONOSUnderTest.unit)[email]?.text == "put@example.com")
        let patch = try await cloud.ask(
            "PATCH", IONOSUnderTest.unit, #"{"email":"patch@example.com"}"#)
        #expect(patch.status == 202)
        _ = try await cloud.ask("PATCH", IONOSUnderTest.unit, #"{"password":"x"}"#)
        let unit = try await cloud.ask("GET", IONOSUnderTest.unit)
        #expect(unit[email]?.text == "patch@example.com")
        #expect(unit["properties/name"]?.text == "NightlyUnit")
    }

    @Test("A change is told at once and shown when it is done")
    func pending() async throws {
        let cloud = try IONOSUnderTest()
        let told = try await cloud.ask(
            "PATCH", IONOSUnderTest.unit, #"{"email":"new@example.com"}"#)
        #expect(told["properties/email"]?.text == "new@example.com")
        let now = try await cloud.ask("GET", IONOSUnderTest.unit)
        #expect(now["properties/email"]?.text == "ops@example.com")
        #expect(now["metadata/state"]?.text == "BUSY")
        cloud.clock.advance(by: .seconds(60))
        let later = try await cloud.ask("GET", IONOSUnderTest.unit)
        #expect(later["properties/email"]?.text == "new@example.com")
    }

    @Test("A deleted unit is gone when its request is done, from its volumes too")
    func deletion() async throws {
        let cloud = try IONOSUnderTest()
        let path = "\(IONOSUnderTest.volumes)/b10c0001-0000-4000-8000-000000000003"
        let before = try await cloud.ask("GET", path)
        #expect(before["properties/backupunitId"]?.text != nil)
        let deleted = try await cloud.ask("DELETE", IONOSUnderTest.unit)
        #expect(deleted.status == 202)
        #expect(try await cloud.ask("GET", IONOSUnderTest.unit).status == 200)
        cloud.clock.advance(by: .seconds(60))
        #expect(try await cloud.ask("GET", IONOSUnderTest.unit).status == 404)
        #expect(try await cloud.ask("GET", path)["properties/backupunitId"]?.text == nil)
    }

    @Test("A unit that could not be made is gone")
    func failure() async throws {
        let cloud = try IONOSUnderTest(faults: #"{"faults":[{"fault":"action_errored"}]}"#)
        let made = try await cloud.ask("POST", "/backupunits", order)
        let path = "/backupunits/\(try #require(made["id"]?.text))"
        #expect(try await cloud.ask("GET", path).status == 200)
        cloud.clock.advance(by: .seconds(60))
        #expect(try await cloud.ask("GET", path).status == 404)
        #expect(try await cloud.status(made)["metadata/status"]?.text == "FAILED")
    }

    @Test("Names are searched in parts, capital or small")
    func search() async throws {
        let cloud = try IONOSUnderTest { $0.requestSeconds = 0 }
        _ = try await cloud.ask("POST", "/backupunits", order)
        let found = try await cloud.ask("GET", "/backupunits?depth=1&filter.name=NIGHTLY")
        #expect(found["items"]?.items?.count == 2)
        let sorted = try await cloud.ask("GET", "/backupunits?depth=1&orderBy=name&maxResults=1")
        #expect(sorted["items"]?.items?.count == 1)
        #expect(sorted["items/0/properties/name"]?.text == "Nightly2")
    }

    @Test("Names with spaces are taken where the setting says so")
    func names() async throws {
        let cloud = try IONOSUnderTest { $0.unitNamesAreChecked = false }
        let made = try await cloud.ask(
            "POST", "/backupunits", #"{"properties":{"name":"two words"}}"#)
        #expect(made.status == 202)
    }

    @Test("The link to log in is another one each time, and holds the unit")
    func ssoURL() async throws {
        let cloud = try IONOSUnderTest()
        let first = try await cloud.ask("GET", "\(IONOSUnderTest.unit)/ssourl")
        let url = try #require(first["ssoUrl"]?.text)
        #expect(url.hasPrefix("https://") && url.contains("jwt="))
        cloud.clock.advance(by: .seconds(1))
        let second = try await cloud.ask("GET", "\(IONOSUnderTest.unit)/ssourl")
        #expect(second["ssoUrl"]?.text != url)
    }
}
