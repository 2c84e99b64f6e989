import Foundation
import HoldfastCore
import Testing

@testable import SimulatedClouds

@Suite("Tokens of the simulated Contabo")
struct ContaboTokenTests {
    private static let client = ContaboUnderTest.form
    private static let password = ContaboUnderTest.password

    @Test("The printed credentials, encoded as a form, give a token that opens the interface")
    func printed() async throws {
        let cloud = try ContaboUnderTest()
        let values = await cloud.cloud.credentials(at: "http://127.0.0.1:1")
        #expect(
            values.keys.sorted()
                == ["auth_url", "client_id", "client_secret", "password", "username"])
        #expect(values["auth_url"] == "http://127.0.0.1:1" + ContaboUnderTest.tokenPath)
        let form = values.filter { $0.key != "auth_url" }.map { name, value in
            name + "="
                + (value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
        }
        let answer = try await cloud.askToken(
            (form + ["grant_type=password"]).joined(separator: "&"))
        #expect(answer.status == 200)
        #expect(answer["token_type"]?.text == "Bearer")
        #expect(answer["expires_in"]?.number == 300)
        #expect(answer["refresh_expires_in"]?.number == 1800)
        let token = try #require(answer["access_token"]?.text)
        let list = try await cloud.ask("GET", ContaboUnderTest.instances, token: token)
        #expect(list.status == 200)
    }

    @Test(
        "Whatever is wrong with a request for a token is told as OAuth has it",
        arguments: [
            (
                client + "&grant_type=password&username=operator%40example.com&password=wrong", 401,
                "invalid_grant"
            ),
            (client + "&grant_type=password&username=nobody&password=x", 401, "invalid_grant"),
            // The plus of the password as it is would be a space.
            (
                client + "&grant_type=password&username=operator%40example.com"
                    + "&password=simulated+pass%26word%3D100%25", 401, "invalid_grant"
            ),
            (client + "&grant_type=password&username=operator%40example.com", 401, "invalid_grant"),
            (client + "&grant_type=password", 401, "invalid_request"),
            ("client_id=INT-54321&client_secret=wrong" + password, 401, "invalid_client"),
            ("client_id=x" + password, 401, "invalid_client"), ("", 401, "invalid_client"),
            (client, 400, "invalid_request"),
            (client + "&grant_type=magic", 400, "unsupported_grant_type"),
            (client + "&grant_type=refresh_token", 400, "invalid_request"),
            (client + "&grant_type=refresh_token&refresh_token=x", 400, "invalid_grant"),
            (client + password + "&grant_type=password", 400, "invalid_request"),
        ])
    func wrong(form: String, status: Int, error: String) async throws {
        let answer = try await ContaboUnderTest().askToken(form)
        #expect(answer.status == status)
        #expect(answer["error"]?.text == error)
        #expect(answer["access_token"] == nil)
    }

    @Test("Only a form is read, and only when it is posted")
    func transport() async throws {
        let cloud = try ContaboUnderTest()
        let json = try await cloud.askToken("{}", type: "application/json")
        #expect(json.status == 415)
        #expect(json["error"]?.text?.isEmpty == false)
        let get = try await cloud.send(CloudRequest("GET", ContaboUnderTest.tokenPath))
        #expect(get.status == 405)
        #expect(get.reply.header("allow") == "POST")
    }

    @Test("The client may name itself in the header instead, as OAuth libraries do")
    func basic() async throws {
        let cloud = try ContaboUnderTest()
        let right = Data("INT-54321:simulated-client-secret".utf8).base64EncodedString()
        let answer = try await cloud.askToken(
            String(Self.password.dropFirst()), headers: [("Authorization", "Basic \(right)")])
        #expect(answer.status == 200)
        let wrong = Data("INT-54321:wrong".utf8).base64EncodedString()
        let refused = try await cloud.askToken(
            Self.client + Self.password, headers: [("Authorization", "Basic \(wrong)")])
        #expect(refused["error"]?.text == "invalid_client")
    }

    @Test("An access token runs out on the cloud's clock; the refresh token gives another")
    func expiry() async throws {
        let cloud = try ContaboUnderTest()
        let first = try await cloud.askToken(Self.client + Self.password)
        let token = try #require(first["access_token"]?.text)
        let refresh = try #require(first["refresh_token"]?.text)
        cloud.clock.advance(by: .milliseconds(299_999))
        #expect(try await cloud.ask("GET", ContaboUnderTest.instances, token: token).status == 200)
        cloud.clock.advance(by: .milliseconds(1))
        let late = try await cloud.ask("GET", ContaboUnderTest.instances, token: token)
        #expect(late.status == 401)
        #expect(late["statusCode"]?.number == 401)
        let form = Self.client + "&grant_type=refresh_token&refresh_token=" + refresh
        let second = try await cloud.askToken(form)
        let renewed = try #require(second["access_token"]?.text)
        #expect(renewed != token)
        #expect(
            try await cloud.ask("GET", ContaboUnderTest.instances, token: renewed).status == 200)
        cloud.clock.advance(by: .seconds(1500))
        let over = try await cloud.askToken(form)
        #expect(over.status == 400)
        #expect(over["error"]?.text == "invalid_grant")
    }

    @Test("A refresh token opens nothing, and an access token renews nothing")
    func kinds() async throws {
        let cloud = try ContaboUnderTest()
        let set = try await cloud.askToken(Self.client + Self.password)
        let (access, refresh) = (
            try #require(set["access_token"]?.text), try #require(set["refresh_token"]?.text)
        )
        let answer = try await cloud.ask("GET", ContaboUnderTest.instances, token: refresh)
        #expect(answer.status == 401)
        let renewed = try await cloud.askToken(
            Self.client + "&grant_type=refresh_token&refresh_token=" + access)
        #expect(renewed.status == 400)
    }

    @Test("A token has the form of a JWT whose claims tell when it ends")
    func claims() async throws {
        let cloud = try ContaboUnderTest()
        let set = try await cloud.askToken(Self.client + Self.password)
        let parts = try #require(set["refresh_token"]?.text).split(separator: ".")
        #expect(parts.count == 3)
        var text = parts[1].replacingOccurrences(of: "-", with: "+")
            .replacingOccurrences(of: "_", with: "/")
        text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        let claims = JSON.reading([UInt8](try #require(Data(base64Encoded: text))))
        #expect(claims?["exp"]?.number == (CloudUnderTest.noon + .seconds(1800)).seconds)
        #expect(claims?["typ"]?.text == "Refresh")
    }

    @Test("Tokens outlive the process, and old ones make place for new ones")
    func kept() async throws {
        let cloud = try ContaboUnderTest()
        let token = try await cloud.token()
        for _ in 0..<1100 { _ = try await cloud.token() }
        #expect(await cloud.cloud.state.grants.count <= 2000)
        let newest = try await cloud.token()
        let again = try ContaboUnderTest(savedState: try await cloud.cloud.savedState())
        #expect(try await again.ask("GET", ContaboUnderTest.instances, token: newest).status == 200)
        let first = try await again.ask("GET", ContaboUnderTest.instances, token: token)
        #expect(first.status == 401)
    }

    @Test("A fault at the token server has its own error body")
    func fault() async throws {
        let cloud = try ContaboUnderTest(
            faults: #"{"faults":[{"fault":"status","status":503,"count":2}]}"#)
        let refused = try await cloud.askToken(Self.client + Self.password)
        #expect(refused.status == 503)
        #expect(refused["error"]?.text?.isEmpty == false)
        let other = try await cloud.ask("GET", ContaboUnderTest.instances, token: "x")
        #expect(other["statusCode"]?.number == 503)
    }
}
