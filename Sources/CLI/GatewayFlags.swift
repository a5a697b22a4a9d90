// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The settings of the gateway as flags; each stands over the environment variable of the same meaning.
struct GatewayFlags: ParsableArguments {
    @Option(help: "The address that HTTP listens at. (default: 127.0.0.1)") var host: String?
    @Option(help: "The port that HTTP listens at. (default: 8080)") var port: Int?
    @Option(help: "The UDP port of publishers' media. (default: 40000)") var mediaPort: Int?
    @Option(help: "Threads for media, on as many consecutive ports. (default: 1)") var mediaWorkers: Int?
    @Option(help: "The TCP port of publishers' media, or off. (default: the number of the UDP port)")
    var mediaTcpPort: String?
    @Option(help: "IP addresses and host names, separated by commas, that publishers are told before this machine's.")
    var announce: String?
    @Flag(help: "Tell publishers nothing but what --announce says.") var announceOnly = false
    @Option(help: "The order of codecs, such as h264,vp8; the others follow. (default: the SFU's order)")
    var codecs: String?
    @Option(help: "The bit rate that publishers have to stay below, such as 2500k or 8M. (default: none)")
    var maxBitrate: String?
    @Option(help: "The room of plain /whip: an id or a name.") var channel: String?
    @Option(help: "The name of the member that publishes. (default: whip- and 8 random characters)")
    var memberName: String?
    @Option(help: "Viewers a stream may have, 1 to 99. (default: 99)") var maxSubscribers: Int?
    @Flag(help: "Make rooms that are not there.") var createRooms = false
    @Option(help: "The metadata of the room: a text or JSON, with {state} and the like. (default: none)")
    var channelMetadata: String?
    @Option(help: "The metadata of the member that publishes. (default: none)") var memberMetadata: String?
    @Option(help: "The metadata of the sound. (default: none)") var audioMetadata: String?
    @Option(help: "The metadata of the picture, such as '{\"size\":\"{resolution}\"}'. (default: none)")
    var videoMetadata: String?
    @Option(help: "What publishers may say of these, or off. (default: member,audio,video)")
    var publisherMetadata: String?
    @Option(help: "One host for all SkyWay services, such as that of `local`.") var skywayHost: String?
    @Flag(help: "Speak to that host without TLS.") var insecure = false
    @Option(help: "A server that gives tokens, so that the secret key need not be here.") var tokenUrl: String?
    @Option(help: "The version of the tokens that are made here, 2 or 3. (default: 3)") var tokenVersion: Int?
    @Option(help: "How long they live, in seconds, 45 or more. (default: 86400)") var tokenLifetime: Int?
    @Option(help: "The file of stream keys, as `key add` makes it.") var streamKeys: String?
    @Option(help: "The key set of JSON Web Tokens that publishers may send: a path or an https address.")
    var jwks: String?
    @Option(help: "Who has to have issued those tokens.") var jwtIssuer: String?
    @Option(help: "Whom those tokens have to be for.") var jwtAudience: String?
    @Option(help: "The address that is asked who may publish.") var hook: String?
    @Flag(help: "Let other machines publish without key or token.") var allowAnyone = false
    @Option(help: "Certificates for HTTPS, PEM files separated by commas. (default: plain HTTP)")
    var tlsCertificate: String?
    @Option(help: "The private keys of these certificates, in the same order.") var tlsKey: String?
    @Option(help: "Requests to publish that one address may make a second; 0 for no limit. (default: 20)")
    var postsPerAddress: Int?
    @Option(help: "Requests to publish that may be made with one key a second; 0 for no limit. (default: 2)")
    var postsPerKey: Int?
    @Option(help: "Requests at sessions that one address may make a second; 0 for no limit. (default: 100)")
    var sessionRequestsPerAddress: Int?
    @Option(help: "Requests at one session a second; 0 for no limit. (default: 10)") var requestsPerSession: Int?
    @Option(help: "Sessions at a time. (default: 500)") var maxSessions: Int?
    @Option(help: "Sessions at a time with one key. (default: no limit)") var maxSessionsPerKey: Int?
    @Option(help: "When a key is in use: replace-when-silent, replace or refuse. (default: replace-when-silent)")
    var takeover: String?
    @Option(help: "Seconds that a broadcast waits for its publisher to come back; 0 for not at all. (default: 60)")
    var resumeWindow: Int?
    @Option(help: "Addresses of proxies whose X-Forwarded-For counts, separated by commas. (default: none)")
    var trustedProxies: String?
    @Option(help: "Seconds without media after which a publisher that makes no checks is given up. (default: 15)")
    var mediaTimeout: Int?
    @Option(help: "Seconds without a check after which a publisher that sends no media is given up. (default: 30)")
    var iceTimeout: Int?
    @Option(help: "Where publishers are sent to while the gateway is drained. (default: they are refused)")
    var drainRedirect: String?
    @Option(help: "Seconds that running sessions have when the gateway is drained. (default: no limit)")
    var drainLimit: Int?
    @Flag(help: "Hold publishers to every rule of RFC 9725, also those that many break.") var strictWhip = false
    @Option(help: "STUN and TURN servers that publishers are told of, separated by commas.") var iceServers: String?
    @Option(help: "Send publishers to the gateway at this address instead of taking them.") var redirect: String?
    @Option(help: "How publishers reach this gateway, such as https://whip.example.com.") var publicUrl: String?
    @Option(help: "Where the pages watch, such as :8081/whep for a SkyWayLocal on this host.") var whep: String?

    /// What was given, by the names of the environment variables.
    var values: [String: String] {
        let given: [(String, String?)] = [
            ("GATEWAY_HTTP_HOST", host),
            ("GATEWAY_HTTP_PORT", port.map(String.init)),
            ("GATEWAY_MEDIA_PORT", mediaPort.map(String.init)),
            ("GATEWAY_MEDIA_WORKERS", mediaWorkers.map(String.init)),
            ("GATEWAY_MEDIA_TCP_PORT", mediaTcpPort),
            ("GATEWAY_ANNOUNCE", announce),
            ("GATEWAY_ANNOUNCE_ONLY", announceOnly ? "true" : nil),
            ("GATEWAY_CODECS", codecs),
            ("GATEWAY_MAX_BITRATE", maxBitrate),
            ("SKYWAY_CHANNEL", channel),
            ("SKYWAY_MEMBER_NAME", memberName),
            ("SKYWAY_MAX_SUBSCRIBERS", maxSubscribers.map(String.init)),
            ("SKYWAY_CREATE_ROOMS", createRooms ? "true" : nil),
            ("SKYWAY_CHANNEL_METADATA", channelMetadata),
            ("SKYWAY_MEMBER_METADATA", memberMetadata),
            ("SKYWAY_AUDIO_METADATA", audioMetadata),
            ("SKYWAY_VIDEO_METADATA", videoMetadata),
            ("GATEWAY_PUBLISHER_METADATA", publisherMetadata),
            ("SKYWAY_HOST", skywayHost),
            ("SKYWAY_SECURE", insecure ? "false" : nil),
            ("SKYWAY_TOKEN_URL", tokenUrl),
            ("SKYWAY_TOKEN_VERSION", tokenVersion.map(String.init)),
            ("SKYWAY_TOKEN_LIFETIME", tokenLifetime.map(String.init)),
            ("GATEWAY_STREAM_KEYS", streamKeys),
            ("GATEWAY_JWKS", jwks),
            ("GATEWAY_JWT_ISSUER", jwtIssuer),
            ("GATEWAY_JWT_AUDIENCE", jwtAudience),
            ("GATEWAY_HOOK", hook),
            ("GATEWAY_ALLOW_ANYONE", allowAnyone ? "true" : nil),
            ("GATEWAY_TLS_CERTIFICATE", tlsCertificate),
            ("GATEWAY_TLS_KEY", tlsKey),
            ("GATEWAY_POSTS_PER_ADDRESS", postsPerAddress.map(String.init)),
            ("GATEWAY_POSTS_PER_KEY", postsPerKey.map(String.init)),
            ("GATEWAY_SESSION_REQUESTS_PER_ADDRESS", sessionRequestsPerAddress.map(String.init)),
            ("GATEWAY_REQUESTS_PER_SESSION", requestsPerSession.map(String.init)),
            ("GATEWAY_MAX_SESSIONS", maxSessions.map(String.init)),
            ("GATEWAY_MAX_SESSIONS_PER_KEY", maxSessionsPerKey.map(String.init)),
            ("GATEWAY_TAKEOVER", takeover),
            ("GATEWAY_RESUME_WINDOW", resumeWindow.map(String.init)),
            ("GATEWAY_TRUSTED_PROXIES", trustedProxies),
            ("GATEWAY_MEDIA_TIMEOUT", mediaTimeout.map(String.init)),
            ("GATEWAY_ICE_TIMEOUT", iceTimeout.map(String.init)),
            ("GATEWAY_DRAIN_REDIRECT", drainRedirect),
            ("GATEWAY_DRAIN_LIMIT", drainLimit.map(String.init)),
            ("GATEWAY_STRICT_WHIP", strictWhip ? "true" : nil),
            ("GATEWAY_ICE_SERVERS", iceServers),
            ("GATEWAY_REDIRECT", redirect),
            ("GATEWAY_PUBLIC_URL", publicUrl),
            ("GATEWAY_WHEP", whep),
        ]
        return Dictionary(uniqueKeysWithValues: given.compactMap { key, value in value.map { (key, $0) } })
    }
}
