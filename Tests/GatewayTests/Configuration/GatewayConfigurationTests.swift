// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import SkyWay
import Testing

@testable import Gateway

@Suite("The configuration")
struct GatewayConfigurationTests {
    private static let account = ["SKYWAY_APP_ID": "app", "SKYWAY_SECRET_KEY": "secret"]

    private func read(_ more: [String: String]) throws -> GatewayConfiguration {
        try GatewayConfiguration(environment: Self.account.merging(more) { $1 })
    }

    @Test("An account is enough")
    func defaults() throws {
        let configuration = try read([:])
        #expect(configuration.skyWay.tokens == .secret(appID: "app", Redacted("secret")))
        #expect(configuration.skyWay.tokenVersion == .three)
        #expect(configuration.skyWay.tokenLifetime == .seconds(86_400))
        #expect(configuration.skyWay.rtcAPI == SkyWayHost("rtc-api.skyway.ntt.com"))
        #expect(configuration.httpHost == "127.0.0.1")
        #expect(configuration.httpPort == 8080)
        #expect(configuration.mediaPort == 40_000)
        #expect(configuration.mediaWorkers == 1)
        #expect(configuration.channel == nil)
        #expect(!configuration.mayCreateRooms)
        #expect(configuration.codecs == .none)
        #expect(configuration.maximumBitrate == nil)
        #expect(configuration.liveness.media == .seconds(15) && configuration.liveness.binding == .seconds(30))
        #expect(configuration.drain == Drain.Request() && configuration.adminKey == nil)
    }

    @Test("The prototype's names of the account are taken")
    func prototypeNames() throws {
        let configuration = try GatewayConfiguration(environment: ["APP_ID": "a", "SECRET_KEY": "s"])
        #expect(configuration.skyWay.tokens == .secret(appID: "a", Redacted("s")))
    }

    @Test("Flags come before the environment, and that before the file")
    func precedence() throws {
        let file = EnvironmentFile(parsing: "GATEWAY_HTTP_PORT=1\nGATEWAY_MEDIA_PORT=1\nSKYWAY_CHANNEL=file")
        let configuration = try GatewayConfiguration(
            flags: ["GATEWAY_HTTP_PORT": "3"],
            environment: Self.account.merging(["GATEWAY_HTTP_PORT": "2", "GATEWAY_MEDIA_PORT": "2"]) { $1 },
            file: file
        )
        #expect(configuration.httpPort == 3)
        #expect(configuration.mediaPort == 2)
        #expect(configuration.channel == .name("file"))
    }

    @Test("Each service of SkyWay can be somewhere else")
    func hosts() throws {
        let configuration = try read([
            "SKYWAY_HOST": "127.0.0.1:8081", "SKYWAY_SFU_HOST": "sfu.test", "SKYWAY_SECURE": "false",
        ])
        #expect(configuration.skyWay.rtcAPI == SkyWayHost("127.0.0.1:8081", isSecure: false))
        #expect(configuration.skyWay.sfu == SkyWayHost("sfu.test", isSecure: false))
        #expect(configuration.skyWay.iceParameters == SkyWayHost("127.0.0.1:8081", isSecure: false))
    }

    @Test("The ways to the SFU are SkyWay's SDK's, in its words and in whatever case")
    func turn() throws {
        #expect(try read([:]).skyWay.turn == TURNSettings())
        #expect(TURNSettings().policy == .enable && TURNSettings().transport == .all)
        let configuration = try read([
            "SKYWAY_TURN_POLICY": "turnonly", "SKYWAY_TURN_PROTOCOL": "TLS", "SKYWAY_TURN_CA": "roots.pem",
            "SKYWAY_FORCE_TCP": "true",
        ])
        #expect(configuration.skyWay.turn.policy == .turnOnly)
        #expect(configuration.skyWay.turn.transport == .tls)
        #expect(configuration.skyWay.turn.roots == "roots.pem")
        #expect(configuration.skyWay.forcesTCP)
    }

    @Test("Everything else is read")
    func everything() throws {
        let configuration = try read([
            "SKYWAY_CHANNEL": "5F0E6F0E-2A52-4A0A-9C0B-1C7C5F0D7C11", "SKYWAY_MEMBER_NAME": "obs",
            "SKYWAY_MAX_SUBSCRIBERS": "12", "SKYWAY_CREATE_ROOMS": "yes", "GATEWAY_HTTP_HOST": "0.0.0.0",
            "GATEWAY_MEDIA_WORKERS": "2", "GATEWAY_ANNOUNCE": "192.0.2.1, Media.Test,[2001:db8::1]",
            "GATEWAY_ANNOUNCE_ONLY": "yes", "GATEWAY_MEDIA_TCP_PORT": "443",
            "GATEWAY_BEARER_TOKEN": "hush", "GATEWAY_WHEP": ":8081/whep", "GATEWAY_CODECS": "h264,opus",
            "GATEWAY_MAX_BITRATE": "2500k", "GATEWAY_STREAM_KEYS": "keys.json",
            "GATEWAY_JWKS": "https://issuer.test/keys",
            "GATEWAY_JWT_ISSUER": "issuer", "GATEWAY_JWT_AUDIENCE": "gateway", "GATEWAY_HOOK": "http://hook.test/in",
            "GATEWAY_HOOK_SECRET": "whsec_hush", "GATEWAY_ALLOW_ANYONE": "true",
            "GATEWAY_POSTS_PER_ADDRESS": "30", "GATEWAY_POSTS_PER_KEY": "0", "GATEWAY_MAX_SESSIONS": "7",
            "GATEWAY_SESSION_REQUESTS_PER_ADDRESS": "50", "GATEWAY_REQUESTS_PER_SESSION": "5",
            "GATEWAY_MAX_SESSIONS_PER_KEY": "3", "GATEWAY_TRUSTED_PROXIES": "10.0.0.1,::1",
            "GATEWAY_TAKEOVER": "refuse", "GATEWAY_RESUME_WINDOW": "0",
            "GATEWAY_TLS_CERTIFICATE": "a.pem, b.pem", "GATEWAY_TLS_KEY": "a.key,b.key",
            "GATEWAY_MEDIA_TIMEOUT": "3", "GATEWAY_ICE_TIMEOUT": "10",
            "GATEWAY_DRAIN_REDIRECT": "https://other.test/", "GATEWAY_DRAIN_LIMIT": "600",
            "GATEWAY_ADMIN_KEY": "0123456789abcdef", "GATEWAY_METRICS_KEY": "fedcba9876543210",
        ])
        #expect(configuration.channel == .id("5f0e6f0e-2a52-4a0a-9c0b-1c7c5f0d7c11"))
        #expect(configuration.memberName == "obs")
        #expect(configuration.skyWay.maximumSubscribers == 12)
        #expect(configuration.mayCreateRooms)
        #expect(configuration.httpHost == "0.0.0.0")
        #expect(configuration.mediaWorkers == 2)
        let announced = ["192.0.2.1", "2001:db8::1"].compactMap { IPAddress($0) }.map { AnnouncedHost.address($0) }
        #expect(configuration.announced == [announced[0], .name("media.test"), announced[1]])
        #expect(configuration.announcesOnly)
        #expect(configuration.mediaTCPPort == .number(443))
        #expect(configuration.bearerTokens.map(\.exposed) == ["hush"])
        #expect(configuration.whep == ":8081/whep")
        #expect(configuration.codecs == (try CodecPreference("h264,opus")))
        #expect(configuration.maximumBitrate?.bitsPerSecond == 2_500_000)
        #expect(configuration.streamKeys == "keys.json")
        #expect(configuration.keySet == "https://issuer.test/keys")
        #expect(configuration.tokenIssuer == "issuer")
        #expect(configuration.tokenAudience == "gateway")
        #expect(configuration.hook?.url == "http://hook.test/in")
        #expect(configuration.hook?.secret?.exposed == "whsec_hush")
        #expect(configuration.allowsAnyone)
        #expect(configuration.limits.postsPerAddress == 30)
        #expect(configuration.limits.postsPerKey == 0)
        #expect(configuration.limits.sessionRequestsPerAddress == 50)
        #expect(configuration.limits.requestsPerSession == 5)
        #expect(configuration.limits.sessions == 7)
        #expect(configuration.limits.sessionsPerKey == 3)
        #expect(configuration.limits.trustedProxies == Set(["10.0.0.1", "::1"].compactMap { IPAddress($0) }))
        #expect(configuration.takeover.policy == .refuse)
        #expect(configuration.resumeWindow == .zero)
        #expect(configuration.liveness.media == .seconds(3) && configuration.liveness.binding == .seconds(10))
        #expect(configuration.drain.redirect?.text == "https://other.test")
        #expect(configuration.drain.limit == .seconds(600))
        #expect(configuration.adminKey?.exposed == "0123456789abcdef")
        #expect(configuration.metricsKey?.exposed == "fedcba9876543210")
        let pairs = configuration.certificates?.map { [$0.certificate, $0.key] }
        #expect(pairs == [["a.pem", "a.key"], ["b.pem", "b.key"]])
    }

    @Test(
        "A gateway that other machines reach starts only where it is told who may publish",
        arguments: [
            ([:], false), (["GATEWAY_BEARER_TOKEN": "hush"], true), (["GATEWAY_ALLOW_ANYONE": "yes"], true),
            (["GATEWAY_HOOK": "http://127.0.0.1:9/"], true), (["GATEWAY_STREAM_KEYS": "/nowhere/keys.json"], true),
            (["GATEWAY_HTTP_HOST": "localhost"], true), (["GATEWAY_HTTP_HOST": "::1"], true),
            (["GATEWAY_HTTP_HOST": "::"], false), (["GATEWAY_HTTP_HOST": "gateway.test"], false),
        ]
    )
    func openness(environment: [String: String], starts: Bool) throws {
        let configuration = try read(["GATEWAY_HTTP_HOST": "0.0.0.0"].merging(environment) { $1 })
        let gateway = GatewayService(configuration: configuration, logger: WholePath.logger)
        #expect(((try? gateway.checkOpenness()) != nil) == starts)
    }

    @Test(
        "What is missing or wrong is said by its name",
        arguments: [
            ([:], "SKYWAY_APP_ID"),
            (["SKYWAY_APP_ID": "a"], "SKYWAY_SECRET_KEY"),
            (["APP_ID": "a", "SECRET_KEY": ""], "SKYWAY_SECRET_KEY"),
            (account.merging(["GATEWAY_HTTP_PORT": "http"]) { $1 }, "GATEWAY_HTTP_PORT"),
            (account.merging(["GATEWAY_MEDIA_PORT": "65536"]) { $1 }, "GATEWAY_MEDIA_PORT"),
            (account.merging(["SKYWAY_SECURE": "maybe"]) { $1 }, "SKYWAY_SECURE"),
            (
                account.merging(["SKYWAY_TURN_POLICY": "on"]) { $1 },
                "SKYWAY_TURN_POLICY is \"on\"; it has to be one of enable, disable, turnOnly."
            ),
            (account.merging(["SKYWAY_TURN_PROTOCOL": "sctp"]) { $1 }, "SKYWAY_TURN_PROTOCOL"),
            (account.merging(["SKYWAY_CHANNEL": "a room"]) { $1 }, "SKYWAY_CHANNEL"),
            (account.merging(["SKYWAY_MEMBER_NAME": "*"]) { $1 }, "SKYWAY_MEMBER_NAME"),
            (account.merging(["GATEWAY_ANNOUNCE": "not_here!"]) { $1 }, "GATEWAY_ANNOUNCE"),
            (account.merging(["GATEWAY_ANNOUNCE": "192.0.2.1:40000"]) { $1 }, "without ports"),
            (account.merging(["GATEWAY_ANNOUNCE": "0.0.0.0"]) { $1 }, "GATEWAY_ANNOUNCE"),
            (account.merging(["GATEWAY_ANNOUNCE": "192.0.2.300"]) { $1 }, "GATEWAY_ANNOUNCE"),
            (account.merging(["GATEWAY_ANNOUNCE_ONLY": "true"]) { $1 }, "GATEWAY_ANNOUNCE_ONLY needs"),
            (account.merging(["GATEWAY_MEDIA_TCP_PORT": "on"]) { $1 }, "GATEWAY_MEDIA_TCP_PORT is \"on\""),
            (account.merging(["SKYWAY_MAX_SUBSCRIBERS": "100"]) { $1 }, "SKYWAY_MAX_SUBSCRIBERS"),
            (
                account.merging(["GATEWAY_CODECS": "h264,h246"]) { $1 },
                "GATEWAY_CODECS has \"h246\"; it has to be a list of h264, vp8, vp9, av1, opus"
            ),
            (account.merging(["GATEWAY_HOOK": "ftp://hook.test"]) { $1 }, "GATEWAY_HOOK is no http"),
            (account.merging(["GATEWAY_JWKS": "http://issuer.test/keys"]) { $1 }, "GATEWAY_JWKS has to be"),
            (account.merging(["GATEWAY_TLS_CERTIFICATE": "a.pem"]) { $1 }, "GATEWAY_TLS_KEY 0"),
            (account.merging(["GATEWAY_POSTS_PER_ADDRESS": "-1"]) { $1 }, "GATEWAY_POSTS_PER_ADDRESS"),
            (account.merging(["GATEWAY_ALLOW_ANYONE": "perhaps"]) { $1 }, "GATEWAY_ALLOW_ANYONE"),
            (
                account.merging(["GATEWAY_MEDIA_TIMEOUT": "1"]) { $1 },
                "GATEWAY_MEDIA_TIMEOUT is \"1\"; it has to be a number from 2 to 3600."
            ),
            (account.merging(["GATEWAY_ICE_TIMEOUT": "9"]) { $1 }, "GATEWAY_ICE_TIMEOUT"),
            (account.merging(["GATEWAY_ICE_TIMEOUT": "30s"]) { $1 }, "GATEWAY_ICE_TIMEOUT"),
            (account.merging(["GATEWAY_DRAIN_LIMIT": "-1"]) { $1 }, "GATEWAY_DRAIN_LIMIT"),
            (account.merging(["GATEWAY_DRAIN_REDIRECT": "other"]) { $1 }, "GATEWAY_DRAIN_REDIRECT"),
            (account.merging(["GATEWAY_ADMIN_KEY": "short"]) { $1 }, "GATEWAY_ADMIN_KEY is too short"),
            (account.merging(["GATEWAY_METRICS_KEY": "short"]) { $1 }, "GATEWAY_METRICS_KEY is too short"),
            (account.merging(["GATEWAY_MAX_BITRATE": "8"]) { $1 }, "GATEWAY_MAX_BITRATE is \"8\""),
        ] as [([String: String], String)]
    )
    func refuses(environment: [String: String], key: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try GatewayConfiguration(environment: environment)
        }
        #expect(error?.description.contains(key) == true)
    }

    @Test("Secrets don't show when it is printed")
    func secrets() throws {
        let configuration = try read([
            "SKYWAY_SECRET_KEY": "topsecret", "GATEWAY_BEARER_TOKEN": "hush", "GATEWAY_HOOK": "http://hook.test/",
            "GATEWAY_HOOK_SECRET": "hook-hush", "GATEWAY_ADMIN_KEY": "admin-hush-hush-hush",
            "GATEWAY_METRICS_KEY": "metrics-hush-hush-hush",
        ])
        var printed = ""
        dump(configuration, to: &printed)
        printed += "\(configuration)"
        #expect(!printed.contains("topsecret"))
        #expect(!printed.contains("hush"))
    }
}
