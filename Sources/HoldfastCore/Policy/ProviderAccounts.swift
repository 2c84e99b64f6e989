/// What a DigitalOcean provider needs to know.
public struct DigitalOceanAccount: Hashable, Sendable {
    /// The vendor's own address.
    public static let publicEndpoint = "https://api.digitalocean.com"

    /// A personal access token.
    public let token: SecretReference
    /// Where requests go, without a slash at its end.
    public let endpoint: String

    /// Joins both.
    public init(token: SecretReference, endpoint: String = publicEndpoint) {
        self.token = token
        self.endpoint = endpoint
    }
}

/// What a Contabo provider needs to know.
public struct ContaboAccount: Hashable, Sendable {
    /// The vendor's own address.
    public static let publicEndpoint = "https://api.contabo.com"
    /// Where the vendor gives out tokens, the path included.
    public static let publicTokenURL =
        "https://auth.contabo.com/auth/realms/contabo/protocol/openid-connect/token"

    /// What happens when an instance has no free snapshot slot.
    public enum WhenFull: String, Hashable, Sendable, CaseIterable {
        /// The backup fails with `quota`.
        case fail
        /// The oldest point of ours that retention already lets go makes room.
        case replaceOldest = "replace_oldest"
    }

    /// The OAuth2 client's id.
    public let clientID: String
    /// The OAuth2 client's secret.
    public let clientSecret: SecretReference
    /// The API user, an e-mail address.
    public let user: String
    /// The API user's password.
    public let password: SecretReference
    /// What happens when an instance has no free slot.
    public let whenFull: WhenFull
    /// Where requests go, without a slash at its end.
    public let endpoint: String
    /// Where tokens come from.
    public let tokenURL: String

    /// Joins them.
    public init(
        clientID: String, clientSecret: SecretReference, user: String,
        password: SecretReference, whenFull: WhenFull = .fail,
        endpoint: String = publicEndpoint, tokenURL: String = publicTokenURL
    ) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.user = user
        self.password = password
        self.whenFull = whenFull
        self.endpoint = endpoint
        self.tokenURL = tokenURL
    }
}

/// What an IONOS Cloud provider needs to know.
public struct IONOSAccount: Hashable, Sendable {
    /// The vendor's own address.
    public static let publicEndpoint = "https://api.ionos.com/cloudapi/v6"

    /// How requests are authenticated.
    public enum Login: Hashable, Sendable {
        /// A bearer token.
        case token(SecretReference)
        /// A user's e-mail address and password.
        case basic(user: String, password: SecretReference)
    }

    /// How requests are authenticated.
    public let login: Login
    /// The contract's number, for users of several; `nil`: the user's own.
    public let contract: String?
    /// Where requests go, without a slash at its end.
    public let endpoint: String

    /// Joins them.
    public init(login: Login, contract: String? = nil, endpoint: String = publicEndpoint) {
        self.login = login
        self.contract = contract
        self.endpoint = endpoint
    }
}

/// What a Pieces OS provider needs to know.
public struct PiecesInstallation: Hashable, Sendable {
    /// Where the server listens; `nil`: its known ports are tried.
    public let endpoint: String?
    /// Sent as `X-Application-ID` when it is set.
    public let applicationID: String?

    /// Joins both.
    public init(endpoint: String? = nil, applicationID: String? = nil) {
        self.endpoint = endpoint
        self.applicationID = applicationID
    }
}
