// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import SkyWay
import Testing

@testable import Gateway

@Suite("Where tokens come from, by the settings")
struct TokenSettingsTests {
    private static let account = ["SKYWAY_APP_ID": "A", "SKYWAY_SECRET_KEY": "secret"]

    private static func token(_ lifetime: Duration = .seconds(600)) async throws -> AuthToken {
        try await TokenMinter(appID: "A", secret: Redacted("secret")).mint(
            for: .init(channel: .name("studio"), memberName: "obs"),
            lifetime: lifetime
        )
    }

    @Test("version and life of tokens that are made here")
    func made() throws {
        let more = ["SKYWAY_TOKEN_VERSION": "2", "SKYWAY_TOKEN_LIFETIME": "90"]
        let skyWay = try GatewayConfiguration(environment: Self.account.merging(more) { $1 }).skyWay
        #expect(skyWay.tokenVersion == .two && skyWay.tokenLifetime == .seconds(90))
    }

    @Test("a token server needs neither application nor secret key, and counts before the key")
    func server() throws {
        let server = [
            "SKYWAY_TOKEN_URL": "https://tokens.test/skyway", "SKYWAY_TOKEN_HEADER": "Authorization: Bearer hush",
        ]
        let skyWay = try GatewayConfiguration(environment: server).skyWay
        let header = TokenServer.Header("Authorization: Bearer hush")
        let expected = TokenServer.Configuration(url: "https://tokens.test/skyway", header: header)
        #expect(skyWay.tokens == .server(expected, appID: nil))
        #expect(header?.name == "Authorization" && header?.value.exposed == "Bearer hush")
        let both = try GatewayConfiguration(environment: Self.account.merging(server) { $1 }).skyWay
        #expect(both.tokens == .server(expected, appID: "A"))
    }

    @Test("a fixed token counts before all")
    func fixed() async throws {
        let token = try await Self.token()
        let environment = ["SKYWAY_AUTH_TOKEN": token.encoded.exposed, "SKYWAY_TOKEN_URL": "https://tokens.test"]
        #expect(try GatewayConfiguration(environment: environment).skyWay.tokens == .fixed(token))
    }

    @Test(
        "what can't be used names the setting",
        arguments: [
            (["SKYWAY_TOKEN_LIFETIME": "44"], "SKYWAY_TOKEN_LIFETIME"), (["SKYWAY_TOKEN_LIFETIME": "259201"], "259200"),
            (["SKYWAY_TOKEN_VERSION": "1"], "SKYWAY_TOKEN_VERSION"),
            (["SKYWAY_TOKEN_URL": "tokens"], "SKYWAY_TOKEN_URL"),
            (["SKYWAY_TOKEN_URL": "https://a.test", "SKYWAY_TOKEN_HEADER": "hush"], "Authorization: Bearer"),
            (["SKYWAY_TOKEN_URL": "https://a.test", "SKYWAY_TOKEN_HEADER": "A B: c"], "SKYWAY_TOKEN_HEADER"),
            (["SKYWAY_TOKEN_URL": "https://a.test", "SKYWAY_TOKEN_HEADER": "A: b\r\nC: d"], "SKYWAY_TOKEN_HEADER"),
            (["SKYWAY_AUTH_TOKEN": "hush"], "JSON Web Token"),
        ]
    )
    func refused(more: [String: String], part: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try GatewayConfiguration(environment: Self.account.merging(more) { $1 })
        }
        #expect(error?.description.contains(part) == true)
        #expect(error?.description.contains("hush") == false)
    }

    @Test("a fixed token of another application is refused")
    func otherApplication() async throws {
        let environment = ["SKYWAY_APP_ID": "B", "SKYWAY_AUTH_TOKEN": try await Self.token().encoded.exposed]
        let error = #expect(throws: ConfigurationError.self) { try GatewayConfiguration(environment: environment) }
        #expect(error?.description.contains("another application") == true)
    }

    @Test("without any of the three the sentence names what is missing")
    func nothing() {
        let error = #expect(throws: ConfigurationError.self) {
            try GatewayConfiguration(environment: ["SKYWAY_APP_ID": "A"])
        }
        #expect(error?.description.contains("SKYWAY_TOKEN_URL") == true)
    }

    @Test("commands about tokens need no account")
    func commands() throws {
        let none = try GatewayConfiguration.tokenSettings(
            environment: ["SKYWAY_CHANNEL": "studio"],
            file: EnvironmentFile(parsing: "SKYWAY_MEMBER_NAME=obs")
        )
        #expect(none.source == nil && none.minter == nil)
        #expect(none.channel == .name("studio") && none.memberName == "obs")
        let some = try GatewayConfiguration.tokenSettings(environment: Self.account, file: EnvironmentFile(parsing: ""))
        #expect(some.source == .secret(appID: "A", Redacted("secret")) && some.minter != nil && some.appID == "A")
    }
}
