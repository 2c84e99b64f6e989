import Foundation
import HoldfastCore

extension ContaboCloud {
    /// Answers at the token server's path.
    func token(_ request: CloudRequest, at now: Timestamp) -> CloudReply {
        do throws(ContaboTokenRefusal) {
            let set = try granted(request, at: now)
            return .json(
                [
                    "access_token": .text(set.access),
                    "expires_in": .number(state.settings.accessTokenSeconds),
                    "refresh_expires_in": .number(state.settings.refreshTokenSeconds),
                    "refresh_token": .text(set.refresh), "token_type": "Bearer",
                    "scope": "email profile",
                ], headers: [("cache-control", "no-store"), ("pragma", "no-cache")])
        } catch {
            return .json(
                error.json, status: error.status,
                headers: error.status == 405 ? [("allow", "POST")] : [])
        }
    }

    private func granted(
        _ request: CloudRequest, at now: Timestamp
    ) throws(ContaboTokenRefusal) -> ContaboState.TokenSet {
        let form = try TokenForm(request)
        let client = try client(of: request, form)
        guard let type = form["grant_type"] else {
            throw .malformed("Missing form parameter: grant_type")
        }
        let user: ContaboUser
        switch type {
        case "password": user = try userByPassword(form)
        case "refresh_token": user = try userByToken(form, of: client, at: now)
        default:
            throw ContaboTokenRefusal(400, "unsupported_grant_type", "Unsupported grant_type")
        }
        return state.grantTokens(to: user, for: client, at: now)
    }

    /// The program, which names itself in the form or in the header.
    private func client(
        of request: CloudRequest, _ form: TokenForm
    ) throws(ContaboTokenRefusal) -> ContaboClient {
        let basic = request.header("authorization").flatMap(TokenForm.basic)
        guard let id = basic?.id ?? form["client_id"],
            let secret = basic?.secret ?? form["client_secret"],
            let client = state.clients.first(where: { $0.id == id && $0.secret == secret })
        else { throw .wrongClient }
        return client
    }

    private func userByPassword(
        _ form: TokenForm
    ) throws(ContaboTokenRefusal) -> ContaboUser {
        guard let name = form["username"] else {
            throw ContaboTokenRefusal(401, "invalid_request", "Missing parameter: username")
        }
        let user = state.users.first { $0.username == name && $0.password == form["password"] }
        guard let user else { throw .wrongUser }
        return user
    }

    private func userByToken(
        _ form: TokenForm, of client: ContaboClient, at now: Timestamp
    ) throws(ContaboTokenRefusal) -> ContaboUser {
        guard let token = form["refresh_token"] else { throw .malformed("No refresh token") }
        guard let grant = state.grants[token], grant.kind == .refresh, grant.client == client.id
        else { throw ContaboTokenRefusal(400, "invalid_grant", "Invalid refresh token") }
        guard let user = state.user(of: token, .refresh, at: now) else {
            throw ContaboTokenRefusal(400, "invalid_grant", "Token is not active")
        }
        return user
    }
}

/// What a request for a token holds.
private struct TokenForm {
    private let items: [(name: String, value: String)]

    init(_ request: CloudRequest) throws(ContaboTokenRefusal) {
        guard request.method == "POST" else {
            throw ContaboTokenRefusal(405, "HTTP 405 Method Not Allowed")
        }
        let type = (request.header("content-type") ?? "").split(separator: ";").first ?? ""
        guard type.lowercased().filter({ $0 != " " }) == "application/x-www-form-urlencoded"
        else { throw ContaboTokenRefusal(415, "HTTP 415 Unsupported Media Type") }
        items = request.formItems
        guard Set(items.map(\.name)).count == items.count else {
            throw .malformed("duplicated parameter")
        }
    }

    /// A parameter; `nil` when it is not there or empty.
    subscript(_ name: String) -> String? {
        items.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    /// The program's name and secret in a header such as `Basic aWQ6c2VjcmV0`.
    static func basic(_ header: String) -> (id: String, secret: String)? {
        let words = header.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "basic",
            let bytes = Data(base64Encoded: String(words[1]))
        else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let id = parts[0].removingPercentEncoding,
            let secret = parts[1].removingPercentEncoding
        else { return nil }
        return (id, secret)
    }
}
