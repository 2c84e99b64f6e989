import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("Changing what a simulated account has")
struct EstateChangeTests {
    private let droplet = String(CloudUnderTest.web)

    @Test(
        "Changes are read from JSON",
        arguments: [
            (
                #"{"create": "machine", "name": "web-9"}"#,
                EstateChange.create(.machine, name: "web-9")
            ),
            (
                #"{"create": "volume", "name": "data", "at": "3164444"}"#,
                .create(.volume, name: "data", at: "3164444")
            ),
            (#"{"rename": "1", "name": "web-9"}"#, .rename(id: "1", name: "web-9")),
            (#"{"stop": "1"}"#, .stop(id: "1")), (#"{"start": "1"}"#, .start(id: "1")),
            (#"{"remove": "1"}"#, .remove(id: "1")),
            (
                #"{"cancel": "1", "on": "2026-12-24"}"#, .cancel(id: "1", day: "2026-12-24")
            ),
            (#"{"cancel": "1", "on": ""}"#, .cancel(id: "1", day: "")),
        ])
    func reading(json: String, expected: EstateChange) throws {
        let change = try EstateChange(json: Array(json.utf8))
        #expect(change == expected)
    }

    @Test(
        "What is no change is refused with what would be right",
        arguments: [
            "", "{}", #"{"create": "house", "name": "x"}"#, #"{"create": "machine"}"#,
            #"{"rename": "1"}"#, #"{"stop": 1}"#, #"{"cancel": "1"}"#,
            #"{"cancel": "1", "on": "2026-02-30"}"#, #"{"cancel": "1", "on": "soon"}"#,
        ])
    func nonsense(json: String) {
        let error = #expect(throws: InvalidEstateChange.self) {
            _ = try EstateChange(json: Array(json.utf8))
        }
        #expect(error?.description.contains(#"{"stop": "ID"}"#) == true)
    }

    @Test("The path under _sim changes the estate and answers with the id")
    func path() async throws {
        let cloud = try CloudUnderTest()
        func ask(_ json: String) async throws -> CloudUnderTest.Answer {
            try await cloud.ask("POST", "/_sim/estate", json)
        }
        let stopped = try await ask(#"{"stop": "\#(droplet)"}"#)
        #expect(stopped.status == 200 && stopped["id"]?.text == droplet)
        let made = try await ask(
            #"{"create": "volume", "name": "more", "at": "\#(droplet)"}"#)
        let volume = try #require(made["id"]?.text)
        let shown = try await cloud.ask("GET", "/v2/droplets/\(droplet)")
        #expect(shown["droplet"]?["status"]?.text == "off")
        #expect(shown["droplet"]?["volume_ids"]?.items?.last?.text == volume)
        let unknown = try await ask(#"{"stop": "99"}"#)
        #expect(unknown.status == 400)
        let noMachine = try await ask(#"{"stop": "\#(volume)"}"#)
        #expect(noMachine.status == 400)
        _ = try await ask(#"{"remove": "\#(droplet)"}"#)
        let gone = try await cloud.ask("GET", "/v2/droplets/\(droplet)")
        #expect(gone.status == 404)
        let volumes = try await cloud.ask("GET", "/v2/volumes")
        let places = (volumes["volumes"]?.items ?? []).map { $0["droplet_ids"]?.items?.count }
        #expect(places == [0, 1, 0])
    }

    @Test("What a vendor does not have can't be made or changed there")
    func absent() async throws {
        let clock = SimulatedClock(standingAt: CloudUnderTest.noon)
        let contabo = try ContaboCloud(clock: clock)
        let ionos = try IONOSCloud(clock: clock)
        let pieces = try PiecesCloud(clock: clock)
        let clouds: [(any VendorCloud, EstateChange, String)] = [
            (contabo, .create(.volume, name: "data"), "create a machine"),
            (ionos, .create(.machine, name: "web"), "create a volume"),
            (pieces, .create(.machine, name: "web"), "no machines and volumes"),
            (ionos, .create(.volume, name: "data", at: "nowhere"), "'nowhere'"),
            (contabo, .rename(id: "1", name: "x"), "'1'"), (ionos, .stop(id: "1"), "'1'"),
            (contabo, .remove(id: "x"), "'x'"), (ionos, .remove(id: "x"), "'x'"),
        ]
        for (cloud, change, words) in clouds {
            let error = await #expect(throws: InvalidEstateChange.self) {
                _ = try await cloud.change(change)
            }
            #expect(error?.description.contains(words) == true, "\(change)")
        }
    }

    @Test("A server at IONOS Cloud is what its volumes tell, in pages, and off when it was stopped")
    func servers() async throws {
        let ionos = try IONOSUnderTest()
        let path = "/datacenters/\(IONOSUnderTest.datacenter)/servers"
        let second = "5e40e001-0000-4000-8000-000000000002"
        _ = try await ionos.cloud.change(.stop(id: second))
        let page = try await ionos.ask("GET", path + "?depth=1&offset=1&limit=1")
        let server = try #require(page["items"]?.items?.first)
        #expect(server["id"]?.text == second)
        #expect(server["properties"]?["vmState"]?.text == "SHUTOFF")
        #expect(page["_links"]?["next"]?.text?.contains("offset=2") == true)
        let references = try await ionos.ask("GET", path)
        #expect(references["items"]?.items?.count == 3)
        #expect(references["items"]?.items?.first?["properties"] == nil)
        let nowhere = try await ionos.ask("GET", "/datacenters/x/servers")
        #expect(nowhere.status == 404)
    }
}
