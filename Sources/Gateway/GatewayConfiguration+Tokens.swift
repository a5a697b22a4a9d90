// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Configuration
package import SkyWay

extension GatewayConfiguration {
    /// What a command about tokens needs to know, where it needs no account.
    package struct TokenSettings: Sendable {
        /// Where tokens come from; `nil` where nothing says it.
        package var source: TokenSource?
        /// Where `SKYWAY_SECRET_KEY` is set: what may have signed a token.
        package var minter: TokenMinter?
        /// The application that tokens have to be for.
        package var appID: String?
        /// The room of plain `/whip`.
        package var channel: ChannelReference?
        /// The name of members, where it is fixed.
        package var memberName: String?
        /// Whether a room that is not there is made.
        package var mayCreateRooms: Bool
        /// Of what metadata the gateway changes by these settings.
        package var updates: Set<MetadataSubject>
        /// The services and what tokens are made like.
        package var skyWay: SkyWayConfiguration
    }

    /// Reads what commands about tokens need; an account is not asked for.
    ///
    /// - Parameters:
    ///   - environment: the environment of the process.
    ///   - file: the `.env` file.
    /// - Returns: the settings.
    /// - Throws: which setting can't be used.
    package static func tokenSettings(
        environment: [String: String],
        file: EnvironmentFile
    ) throws(ConfigurationError) -> TokenSettings {
        let settings = settings(environment, file)
        guard settings.hasTokenSource else {
            let skyWay = SkyWayConfiguration(appID: "", secret: Redacted(""))
            let channel = settings.text("skyway.channel").flatMap { ChannelReference($0) }
            return TokenSettings(
                channel: channel,
                memberName: settings.text("skyway.member.name"),
                mayCreateRooms: try settings.flag("skyway.create.rooms") ?? false,
                updates: try settings.metadata().updates,
                skyWay: skyWay
            )
        }
        let configuration = try GatewayConfiguration(environment: environment, file: file)
        let appID = settings.appID
        let secret = settings.secret
        return TokenSettings(
            source: configuration.skyWay.tokens,
            minter: secret.map { TokenMinter(appID: appID ?? "", secret: $0) },
            appID: appID,
            channel: configuration.channel,
            memberName: configuration.memberName,
            mayCreateRooms: configuration.mayCreateRooms,
            updates: configuration.metadata.updates,
            skyWay: configuration.skyWay
        )
    }
}

extension Settings {
    var appID: String? { text("skyway.app.id") ?? text("app.id") }

    var secret: Redacted<String>? {
        let secret = text("skyway.secret.key", isSecret: true) ?? text("secret.key", isSecret: true)
        return secret.map { Redacted($0) }
    }

    /// Whether anything says where tokens come from.
    fileprivate var hasTokenSource: Bool {
        secret != nil || text("skyway.token.url") != nil || text("skyway.auth.token", isSecret: true) != nil
    }

    /// Where tokens come from: of several ways the one that needs least on this machine.
    func tokenSource() throws(ConfigurationError) -> TokenSource {
        if let text = text("skyway.auth.token", isSecret: true) { return .fixed(try fixedToken(text)) }
        if let url = try address("skyway.token.url") {
            return .server(TokenServer.Configuration(url: url, header: try tokenHeader()), appID: appID)
        }
        guard let appID else {
            throw ConfigurationError(
                "SKYWAY_APP_ID is missing: put the application id of your SkyWay project into the environment or .env, or try the demo, which needs no account."
            )
        }
        guard let secret else {
            throw ConfigurationError(
                "SKYWAY_SECRET_KEY is missing: put the secret key of your SkyWay project into the environment or .env, name a server that gives tokens in SKYWAY_TOKEN_URL, or try the demo, which needs no account."
            )
        }
        return .secret(appID: appID, secret)
    }

    private func fixedToken(_ text: String) throws(ConfigurationError) -> AuthToken {
        let token: AuthToken
        do {
            token = try AuthToken(decoding: text)
        } catch {
            throw ConfigurationError("SKYWAY_AUTH_TOKEN can't be used. \(error.rawValue)")
        }
        guard appID == nil || appID == token.appID else {
            throw ConfigurationError("SKYWAY_AUTH_TOKEN is for another application than SKYWAY_APP_ID says.")
        }
        return token
    }

    private func tokenHeader() throws(ConfigurationError) -> TokenServer.Header? {
        guard let text = text("skyway.token.header", isSecret: true) else { return nil }
        guard let header = TokenServer.Header(text) else {
            throw ConfigurationError("SKYWAY_TOKEN_HEADER has to be a header such as \"Authorization: Bearer …\".")
        }
        return header
    }

    func tokenVersion() throws(ConfigurationError) -> TokenVersion? {
        try number("skyway.token.version", 2...3).flatMap { TokenVersion(rawValue: $0) }
    }

    func tokenLifetime() throws(ConfigurationError) -> Duration? {
        try number("skyway.token.lifetime", 45...259_200).map { .seconds($0) }
    }
}
