// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import Configuration
import RTC
package import SkyWay

extension GatewayConfiguration {
    /// Reads a configuration.
    ///
    /// Keys as environment variables write them; each may also come from a flag or from `.env`:
    ///
    /// | key | type, default |
    /// |---|---|
    /// | `SKYWAY_APP_ID` or `APP_ID` | the application's id, required with the secret key |
    /// | `SKYWAY_SECRET_KEY` or `SECRET_KEY` | its secret key, required without the next two, secret |
    /// | `SKYWAY_TOKEN_URL`, `SKYWAY_TOKEN_HEADER` | a server that gives tokens, and a header for it, secret; none |
    /// | `SKYWAY_AUTH_TOKEN` | the one token to use, secret; none |
    /// | `SKYWAY_TOKEN_VERSION`, `SKYWAY_TOKEN_LIFETIME` | of tokens made here: 2 or 3, and seconds; 3 and 86400 |
    /// | `SKYWAY_CHANNEL` | room id or name for plain `/whip` |
    /// | `SKYWAY_MEMBER_NAME` | name; `whip-` and 8 random characters |
    /// | `SKYWAY_MAX_SUBSCRIBERS` | 1…99; 99 |
    /// | `SKYWAY_CREATE_ROOMS` | true or false; false |
    /// | `SKYWAY_HOST` | one host[:port] for all services |
    /// | `SKYWAY_RTC_API_HOST`, `SKYWAY_SFU_HOST`, `SKYWAY_ICE_PARAMS_HOST` | host[:port]; SkyWay's own |
    /// | `SKYWAY_TURN_POLICY`, `SKYWAY_TURN_PROTOCOL` | enable, disable or turnOnly; all, udp, tcp or tls; enable and all |
    /// | `SKYWAY_TURN_CA` | path of certificates in PEM that are trusted besides the system's; none |
    /// | `SKYWAY_FORCE_TCP` | true or false, SFU transports that take TCP alone; false |
    /// | `SKYWAY_SECURE` | true or false, TLS towards SkyWay; true |
    /// | `GATEWAY_HTTP_HOST`, `GATEWAY_HTTP_PORT` | address; 127.0.0.1 and 8080 |
    /// | `GATEWAY_MEDIA_PORT`, `GATEWAY_MEDIA_WORKERS` | numbers; 40000 and 1 |
    /// | `GATEWAY_MEDIA_TCP_PORT` | number, or `off`; that of the UDP port |
    /// | `GATEWAY_ANNOUNCE` | IP addresses and host names, separated by commas, told before this machine's; none |
    /// | `GATEWAY_ANNOUNCE_ONLY` | true or false, whether nothing else is told; false |
    /// | `GATEWAY_CODECS` | codecs, best first; an order only, what it leaves out follows in the router's; the router's |
    /// | `GATEWAY_MAX_BITRATE` | bit/s, 100k…1000M, told by REMB; far above it for long a session ends; no limit |
    /// | `SKYWAY_CHANNEL_METADATA`, `SKYWAY_MEMBER_METADATA` | texts or JSON, with `{resolution}` and the like; none |
    /// | `SKYWAY_AUDIO_METADATA`, `SKYWAY_VIDEO_METADATA` | the same, of what is published; none |
    /// | `GATEWAY_PUBLISHER_METADATA` | of what publishers may say it, or `off`; member,audio,video |
    /// | `GATEWAY_BEARER_TOKEN` | what publishers must send, secret; nothing |
    /// | `GATEWAY_STREAM_KEYS` | path of the file of stream keys; none |
    /// | `GATEWAY_JWKS` | path or https address of the key set of JSON Web Tokens; none |
    /// | `GATEWAY_JWT_ISSUER`, `GATEWAY_JWT_AUDIENCE` | what `iss` and `aud` have to be; anything |
    /// | `GATEWAY_HOOK`, `GATEWAY_HOOK_SECRET` | address that is asked who may publish, and the secret of its signature; none |
    /// | `GATEWAY_ALLOW_ANYONE` | true or false, whether other machines may publish without any of these; false |
    /// | `GATEWAY_POSTS_PER_ADDRESS`, `GATEWAY_POSTS_PER_KEY` | requests to publish a second, 0 for no limit; 20 and 2 |
    /// | `GATEWAY_SESSION_REQUESTS_PER_ADDRESS`, `GATEWAY_REQUESTS_PER_SESSION` | other requests a second; 100 and 10 |
    /// | `GATEWAY_MAX_SESSIONS`, `GATEWAY_MAX_SESSIONS_PER_KEY` | sessions at a time; 500 and no limit |
    /// | `GATEWAY_TAKEOVER` | replace-when-silent, replace or refuse; replace-when-silent |
    /// | `GATEWAY_RESUME_WINDOW` | seconds that a broadcast waits for its publisher, 0…3600, 0 for not at all; 60 |
    /// | `GATEWAY_TRUSTED_PROXIES` | IP addresses whose `X-Forwarded-For` counts; none |
    /// | `GATEWAY_TLS_CERTIFICATE`, `GATEWAY_TLS_KEY` | paths of PEM files, separated by commas; plain HTTP |
    /// | `GATEWAY_MEDIA_TIMEOUT`, `GATEWAY_ICE_TIMEOUT` | seconds, 2…3600 and 10…3600; 15 and 30 |
    /// | `GATEWAY_DRAIN_REDIRECT`, `GATEWAY_DRAIN_LIMIT` | where publishers are sent to while draining, and seconds, 0…604800; nowhere and no limit |
    /// | `GATEWAY_ADMIN_KEY` | what the administrative routes ask for, secret, 16 characters or more; none |
    /// | `GATEWAY_METRICS_KEY` | what lets `/metrics` be read too, secret, 16 characters or more; none |
    /// | `GATEWAY_STRICT_WHIP` | true or false; false |
    /// | `GATEWAY_ICE_SERVERS` | addresses of STUN and TURN servers, separated by commas; none |
    /// | `GATEWAY_TURN_USERNAME`, `GATEWAY_TURN_PASSWORD` | for the TURN servers, secret; none |
    /// | `GATEWAY_TURN_SECRET`, `GATEWAY_TURN_LIFETIME` | credentials for each session, secret and seconds; none and 86400 |
    /// | `GATEWAY_REDIRECT` | where publishers are sent to; nowhere |
    /// | `GATEWAY_PUBLIC_URL` | how publishers reach the gateway; unknown |
    /// | `GATEWAY_WHEP` | where the pages watch; nowhere |
    ///
    /// - Parameter reader: the values.
    /// - Throws: which setting is missing or can't be used.
    package init(reader: ConfigReader) throws(ConfigurationError) {
        let settings = Settings(reader: reader)
        self.init(skyWay: try settings.skyWay())
        httpHost = settings.text("gateway.http.host") ?? httpHost
        httpPort = try settings.number("gateway.http.port", 0...65_535) ?? httpPort
        mediaPort = try settings.number("gateway.media.port", 0...65_535).map { UInt16($0) } ?? mediaPort
        mediaWorkers = try settings.number("gateway.media.workers", 1...64) ?? mediaWorkers
        try readAddresses(settings)
        codecs = try settings.codecs("gateway.codecs") ?? codecs
        maximumBitrate = try settings.bitrate("gateway.max.bitrate")
        if let text = settings.text("skyway.channel") {
            guard let channel = ChannelReference(text) else {
                throw ConfigurationError(
                    "SKYWAY_CHANNEL is neither a room id nor a name of 1 to 128 letters, digits and -._%*."
                )
            }
            self.channel = channel
        }
        if let name = settings.text("skyway.member.name") {
            guard ChannelReference.isValidName(name) else {
                throw ConfigurationError("SKYWAY_MEMBER_NAME is no name of 1 to 128 letters, digits and -._%*.")
            }
            memberName = name
        }
        metadata = try settings.metadata()
        mayCreateRooms = try settings.flag("skyway.create.rooms") ?? mayCreateRooms
        if let token = settings.text("gateway.bearer.token", isSecret: true) { bearerTokens = [Redacted(token)] }
        whep = settings.text("gateway.whep")
        whip.isStrict = try settings.flag("gateway.strict.whip") ?? whip.isStrict
        whip.iceServers = try settings.iceServers()
        whip.redirect = try settings.origin("gateway.redirect")
        whip.publicOrigin = try settings.origin("gateway.public.url")
        try readAuthorization(settings)
        try readLimits(settings)
        takeover.policy = try settings.takeover("gateway.takeover") ?? takeover.policy
        resumeWindow = try settings.number("gateway.resume.window", 0...3600).map { .seconds($0) } ?? resumeWindow
        try readEnds(settings)
        certificates = try settings.certificates("gateway.tls.certificate", "gateway.tls.key")
    }

    private mutating func readAddresses(_ settings: Settings) throws(ConfigurationError) {
        mediaTCPPort = try settings.mediaTCPPort("gateway.media.tcp.port") ?? mediaTCPPort
        announced = try settings.hosts("gateway.announce")
        announcesOnly = try settings.flag("gateway.announce.only") ?? announcesOnly
        guard !announcesOnly || !announced.isEmpty else {
            throw ConfigurationError(
                "GATEWAY_ANNOUNCE_ONLY needs GATEWAY_ANNOUNCE: without it publishers would be told no address at all."
            )
        }
    }

    private mutating func readLimits(_ settings: Settings) throws(ConfigurationError) {
        limits.postsPerAddress = try settings.number("gateway.posts.per.address", 0...10_000) ?? limits.postsPerAddress
        limits.postsPerKey = try settings.number("gateway.posts.per.key", 0...10_000) ?? limits.postsPerKey
        limits.sessionRequestsPerAddress =
            try settings.number("gateway.session.requests.per.address", 0...10_000) ?? limits.sessionRequestsPerAddress
        limits.requestsPerSession =
            try settings.number("gateway.requests.per.session", 0...10_000) ?? limits.requestsPerSession
        limits.sessions = try settings.number("gateway.max.sessions", 1...100_000) ?? limits.sessions
        limits.sessionsPerKey = try settings.number("gateway.max.sessions.per.key", 1...100_000)
        limits.trustedProxies = Set(try settings.addresses("gateway.trusted.proxies") ?? [])
    }

    private mutating func readEnds(_ settings: Settings) throws(ConfigurationError) {
        // Publishers check every 4 to 6 s (RFC 7675 §5.1): less would end those of whom one check is lost.
        if let seconds = try settings.number("gateway.ice.timeout", 10...3_600) { liveness.binding = .seconds(seconds) }
        if let seconds = try settings.number("gateway.media.timeout", 2...3_600) { liveness.media = .seconds(seconds) }
        drain.redirect = try settings.origin("gateway.drain.redirect")
        drain.limit = try settings.number("gateway.drain.limit", 0...604_800).map { .seconds($0) }
        adminKey = try settings.adminKey()
        metricsKey = try settings.longSecret("gateway.metrics.key")
    }

    private mutating func readAuthorization(_ settings: Settings) throws(ConfigurationError) {
        streamKeys = settings.text("gateway.stream.keys")
        keySet = try settings.keySet("gateway.jwks")
        tokenIssuer = settings.text("gateway.jwt.issuer")
        tokenAudience = settings.text("gateway.jwt.audience")
        if let url = try settings.address("gateway.hook") {
            let secret = settings.text("gateway.hook.secret", isSecret: true).map { Redacted($0) }
            hook = PublishHook.Configuration(url: url, secret: secret)
        }
        allowsAnyone = try settings.flag("gateway.allow.anyone") ?? allowsAnyone
    }

    /// Reads a configuration from flags, then the environment, then an `.env` file.
    ///
    /// - Parameters:
    ///   - flags: what the command line said, by the names of environment variables.
    ///   - environment: the environment of the process.
    ///   - file: the `.env` file.
    /// - Throws: which setting is missing or can't be used.
    package init(
        flags: [String: String] = [:],
        environment: [String: String],
        file: EnvironmentFile? = nil
    ) throws(ConfigurationError) {
        try self.init(reader: Self.reader([flags, environment, file?.values ?? [:]]))
    }

    /// What the commands that speak with a running gateway send, which need no account.
    ///
    /// - Parameters:
    ///   - environment: the environment of the process.
    ///   - file: the `.env` file.
    /// - Returns: the key; `nil` where nothing says one.
    /// - Throws: that it can't be used.
    package static func adminKey(
        environment: [String: String],
        file: EnvironmentFile
    ) throws(ConfigurationError) -> Redacted<String>? {
        try Settings(reader: reader([environment, file.values])).adminKey()
    }

    /// The path of the file of stream keys, for commands that need no account.
    ///
    /// - Parameters:
    ///   - flag: what the command line said.
    ///   - environment: the environment of the process.
    ///   - file: the `.env` file.
    /// - Returns: the path; `nil` where nothing says one.
    package static func streamKeys(
        flag: String?,
        environment: [String: String],
        file: EnvironmentFile
    ) -> String? {
        flag ?? settings(environment, file).text("gateway.stream.keys")
    }

    /// Reads settings one by one.
    static func settings(_ environment: [String: String], _ file: EnvironmentFile) -> Settings {
        Settings(reader: reader([environment, file.values]))
    }

    private static func reader(_ layers: [[String: String]]) -> ConfigReader {
        ConfigReader(providers: layers.map { EnvironmentVariablesProvider(environmentVariables: $0) })
    }
}
