// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTC
import SkyWay

/// What SkyWay makes of our credentials, and of our clock.
extension Doctor {
    func checkAccount(_ configuration: GatewayConfiguration) async {
        begin("Account")
        var token: AuthToken?
        let isUsable = await check("Token") {
            let (finding, found) = await tokenFinding(configuration)
            token = found
            return finding
        }
        let isOpen = await check("WebSocket") { await webSocketFinding(configuration, token) }
        await check("Clock") { clockFinding() }
        if let channel = configuration.channel {
            await check("Room") {
                guard let token, isUsable, isOpen else { return .skipped("SkyWay can't be asked: see above") }
                return await roomFinding(channel, configuration, token)
            }
        }
        guard let token, isUsable, isOpen, answering.contains(configuration.skyWay.sfu) else {
            begin("A broadcast in a room of its own")
            await check("Room") { .skipped("there is no way in: see above") }
            return
        }
        await checkBroadcast(configuration, token)
    }

    // MARK: The token

    /// Gets a token as `serve` would, and compares it with what `serve` needs.
    private func tokenFinding(_ configuration: GatewayConfiguration) async -> (Finding, AuthToken?) {
        let skyWay = configuration.skyWay
        let purpose = TokenMinter.Purpose(
            channel: configuration.channel ?? .name("doctor-\(machine.suffix())"),
            // A name such as the gateway makes where none is set.
            memberName: configuration.memberName ?? "whip-00000000",
            mayCreateChannel: configuration.mayCreateRooms,
            maximumSubscribers: skyWay.maximumSubscribers
        )
        let supply = TokenSupply(purpose, configuration: skyWay, clients: clients)
        let token: AuthToken
        do {
            token = try await limited { try await supply.unchecked() }
        } catch {
            return (.problem("none can be had", advice: Self.advice(error, skyWay.tokens)), nil)
        }
        if case .server(_, let appID?) = skyWay.tokens, appID != token.appID {
            let detail = "the token server's is for another application than SKYWAY_APP_ID says"
            return (.problem(detail, advice: "Correct SKYWAY_APP_ID, or the token server."), nil)
        }
        let now = clients.clock.now()
        var review = TokenReview(token, for: purpose)
        review.reviewEnvelope(of: token, at: now)
        let left = token.expiresAt - Int(now)
        guard review.missing.isEmpty else {
            return (.problem(review.sentence, advice: Self.remedy(skyWay.tokens)), left > 0 ? token : nil)
        }
        let detail = "version \(token.version), \(Self.origin(skyWay.tokens)), good for \(Self.text(seconds: left))"
        guard let remark = review.remarks.first else { return (.ok(detail), token) }
        return (.note("\(detail). \(remark)", advice: Self.remedy(skyWay.tokens)), token)
    }

    private static func origin(_ source: TokenSource) -> String {
        switch source {
        case .secret: "made here"
        case .server: "from the token server"
        case .fixed: "from SKYWAY_AUTH_TOKEN"
        }
    }

    private static func text(seconds: Int) -> String {
        seconds >= 7_200 ? "\(seconds / 3_600) h" : seconds >= 120 ? "\(seconds / 60) min" : "\(seconds) s"
    }

    private static func remedy(_ source: TokenSource) -> String {
        switch source {
        case .secret: "Look at SKYWAY_TOKEN_LIFETIME and SKYWAY_TOKEN_VERSION."
        case .server: "Have the server at SKYWAY_TOKEN_URL give tokens that fit; \"token check\" compares one."
        case .fixed:
            "Put a token that fits into SKYWAY_AUTH_TOKEN (\"token make\"), or let the gateway make its own: SKYWAY_SECRET_KEY."
        }
    }

    // MARK: The RTC API

    /// Opens the connection of the RTC API, which shows whether SkyWay takes the token.
    private func webSocketFinding(_ configuration: GatewayConfiguration, _ token: AuthToken?) async -> Finding {
        let skyWay = configuration.skyWay
        guard answering.contains(skyWay.rtcAPI) else { return .skipped("the RTC API does not answer by HTTP") }
        guard let token else { return .skipped("there is no token that has any time left") }
        let probe = rtcAPI(skyWay)
        let began = ContinuousClock.now
        do {
            let reading = try await limited { try await probe.serverTime(token) }
            clients.clock.set(reading.unixTime)
            clockDifference = machine.unixTime() - reading.unixTime - reading.roundTrip / .seconds(2)
            return .ok("open in \((ContinuousClock.now - began).milliseconds), SkyWay takes the token")
        } catch let error as SkyWayError where error.code == .unreachable && error.status != nil {
            return .problem(
                "refused with status \(error.status ?? 0)",
                advice: """
                    The service fails, or a proxy between lets no WebSockets through: try again, and let wss to \
                    \(skyWay.rtcAPI.domain) pass.
                    """
            )
        } catch {
            return .problem(Self.text(error), advice: Self.advice(error, skyWay.tokens))
        }
    }

    /// What asks the RTC API.
    func rtcAPI(_ configuration: SkyWayConfiguration) -> RTCAPIProbe {
        RTCAPIProbe(host: configuration.rtcAPI, socket: clients.socket, timeout: timeout, logger: logger)
    }

    /// Whether the room of plain `/whip` is there.
    private func roomFinding(
        _ channel: ChannelReference,
        _ configuration: GatewayConfiguration,
        _ token: AuthToken
    ) async -> Finding {
        do {
            let found = try await room(channel, configuration.skyWay, token)
            let viewers = found.members.count { !$0.isSFUBot }
            return .ok("\(channel.text) is there, with \(viewers) member\(viewers == 1 ? "" : "s")")
        } catch let error as SkyWayError where error.code == .channelNotFound {
            if configuration.mayCreateRooms, case .name = channel {
                return .ok("\(channel.text) is not there, and is made when somebody publishes")
            }
            return .problem(
                "\(channel.text) in SKYWAY_CHANNEL is not there",
                advice:
                    "Make it, or let the gateway make rooms: SKYWAY_CREATE_ROOMS=true (--create-rooms), by name only."
            )
        } catch {
            return .problem(Self.text(error), advice: Self.advice(error, configuration.skyWay.tokens))
        }
    }

    /// A room as it is.
    func room(
        _ channel: ChannelReference,
        _ configuration: SkyWayConfiguration,
        _ token: AuthToken
    ) async throws -> ChannelSnapshot {
        let api = rtcAPI(configuration)
        return try await limited {
            try await api.withClient(token) { client in
                switch channel {
                case .id(let id): try await client.getChannel(id: id)
                case .name(let name): try await client.getChannelByName(name)
                }
            }
        }
    }

    // MARK: The clock

    /// More than NTP ever leaves, in seconds.
    private static let largestDifference = 10.0

    private func clockFinding() -> Finding {
        guard let difference = clockDifference else { return .skipped("SkyWay has not told its time") }
        let seconds = Int(abs(difference).rounded())
        let direction = difference < 0 ? "behind" : "ahead of"
        guard abs(difference) > Self.largestDifference else {
            // A date has whole seconds.
            return .ok(seconds <= 1 ? "as SkyWay's" : "\(seconds) s \(direction) SkyWay's")
        }
        return .problem(
            "\(seconds) s \(direction) SkyWay's",
            advice: """
                Run "timedatectl set-ntp true". Tokens for SkyWay are dated by its clock, but publishers' tokens and keys, \
                TURN credentials and certificates by this one.
                """
        )
    }
}
