// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver
import SkyWay

/// A broadcast without a publisher, in a room that is made for it and closed again.
extension Doctor {
    /// The room, and as whom we go there.
    private struct Visit {
        var purpose: TokenMinter.Purpose
        /// Whether the room is our own.
        var isOwn: Bool
        /// A token that may close the room too, where it is our own.
        var token: AuthToken
    }

    func checkBroadcast(_ configuration: GatewayConfiguration, _ token: AuthToken) async {
        let visit = await visit(configuration, token)
        begin("A broadcast in the room \(visit.purpose.channel.text)")
        let skyWay = configuration.skyWay
        var entered: SkyWayLink?
        await check("Room") {
            let (finding, link) = await enter(visit, skyWay)
            entered = link
            return finding
        }
        guard let link = entered else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await link.run() }
            group.addTask { for await event in link.events { await self.receive(event) } }
            if let forwardings = await forward(through: link, configuration.skyWay.tokens) {
                await checkMedia(forwardings, through: link, configuration.skyWay)
                await produce(forwardings, through: link, configuration.skyWay.tokens)
            } else {
                await check("Media") { .skipped("nothing is forwarded: see above") }
            }
            let (channelID, memberID) = (await link.channelID, await link.memberID)
            await endMedia()
            await link.stop(limit: timeout)
            group.cancelAll()
            guard let channelID else { return }
            await check("Leave") { await leaveFinding(channelID, memberID, visit, skyWay) }
        }
    }

    private func receive(_ event: SkyWayLinkEvent) {
        switch event {
        case .relayPublished(let kind): relays.insert(kind)
        case .relayRemoved(let kind): relays.remove(kind)
        default: break
        }
        relayChanged.yield()
    }

    // MARK: Which room

    /// A room of our own, unless the token is for others only.
    private func visit(_ configuration: GatewayConfiguration, _ token: AuthToken) async -> Visit {
        let suffix = machine.suffix()
        var own = TokenMinter.Purpose(
            channel: .name("doctor-\(suffix)"),
            memberName: "doctor-\(suffix)",
            mayCreateChannel: true,
            maximumSubscribers: 1
        )
        own.mayCloseChannel = true
        own.usesTURN = configuration.skyWay.turn.policy != .disable
        let supply = TokenSupply(own, configuration: configuration.skyWay, clients: clients)
        if let token = try? await limited({ try await supply.unchecked() }) {
            let review = TokenReview(token, for: own)
            if review.missing.isEmpty, review.remarks.isEmpty {
                return Visit(purpose: own, isOwn: true, token: token)
            }
        }
        let purpose = TokenMinter.Purpose(
            channel: configuration.channel ?? own.channel,
            memberName: configuration.memberName ?? own.memberName,
            mayCreateChannel: configuration.mayCreateRooms,
            maximumSubscribers: 1
        )
        return Visit(purpose: purpose, isOwn: false, token: token)
    }

    /// Makes the link to the room, unless a broadcast is there that it would be taken for.
    private func enter(_ visit: Visit, _ configuration: SkyWayConfiguration) async -> (Finding, SkyWayLink?) {
        let name = visit.purpose.memberName
        do {
            if !visit.isOwn, let room = try? await room(visit.purpose.channel, configuration, visit.token),
                room.members.contains(where: { $0.name == name })
            {
                let reason = "\"\(name)\" is in it already, and is left alone; the token lets no other member in"
                return (.skipped(reason), nil)
            }
            let link = try await makeLink(visit, configuration)
            return (
                .ok(visit.isOwn ? "one that is made for this" : "that of the settings: the token is for no other"), link
            )
        } catch {
            return (.problem(Self.text(error), advice: Self.advice(error, configuration.tokens)), nil)
        }
    }

    private func makeLink(_ visit: Visit, _ configuration: SkyWayConfiguration) async throws -> SkyWayLink {
        let request = SkyWayLinkRequest(
            channel: visit.purpose.channel,
            mayCreateChannel: visit.purpose.mayCreateChannel,
            memberName: visit.purpose.memberName
        )
        let (clients, logger) = (clients, logger)
        return try await limited {
            try await SkyWayLink.make(request, configuration: configuration, clients: clients, logger: logger)
        }
    }

    // MARK: Step by step

    /// One step of the link as a check.
    private func step<Success: Sendable>(
        _ name: String,
        _ source: TokenSource,
        _ body: @escaping @Sendable () async throws -> Success,
        said: (Success) -> String
    ) async -> Success? {
        var result: Success?
        await check(name) {
            do {
                let success = try await limited(body)
                result = success
                return .ok(said(success))
            } catch {
                return .problem(Self.text(error), advice: Self.advice(error, source))
            }
        }
        return result
    }

    /// The steps up to the SFU's answer, until one fails.
    private func forward(through link: SkyWayLink, _ source: TokenSource) async -> SkyWayForwardings? {
        let join = { @Sendable () async throws in
            try await link.connect()
            try await link.join()
        }
        let joined: Void? = await step("Join", source, join, said: { "a member, and a bot that forwards for it" })
        guard joined != nil else { return nil }
        let streams = [
            SkyWayPublication(.audio, mimeType: "audio/opus"), SkyWayPublication(.video, mimeType: "video/h264"),
        ]
        let publish = { @Sendable () async throws in try await link.publish(streams) }
        guard await step("Publish", source, publish, said: { "audio and video" }) != nil else { return nil }
        let forward = { @Sendable () async throws in try await link.startForwardings([.audio, .video]) }
        return await step("Forward", source, forward, said: { "the SFU takes \(Self.codecs($0.capabilities))" })
    }

    /// Declares what would be sent, and waits until viewers could find it.
    private func produce(
        _ forwardings: SkyWayForwardings,
        through link: SkyWayLink,
        _ source: TokenSource
    ) async {
        let produce = { @Sendable () async throws in
            for kind in [MediaKind.audio, .video] {
                _ = try await link.produce(kind, try Self.producer(kind, forwardings.capabilities))
            }
        }
        guard await step("Produce", source, produce, said: { "both streams are declared" }) != nil else { return }
        await check("Viewers") { await relayFinding() }
    }

    private static func codecs(_ capabilities: RTPCapabilities) -> String {
        var names: [String] = []
        for codec in capabilities.allMediaCodecs where !names.contains(codec.name) { names.append(codec.name) }
        return names.joined(separator: ", ")
    }

    /// What a publisher with a usual codec would declare.
    private static func producer(_ kind: MediaKind, _ capabilities: RTPCapabilities) throws -> ProducerOptions {
        for var codec in DefaultCodecs.all where codec.kind == kind {
            codec.payloadType = kind == .audio ? 111 : 96
            guard let outgoing = ORTC.outgoing(codec, capabilities: capabilities, besides: [96, 111]) else { continue }
            let stream = ORTC.Stream(outgoing, mid: kind == .audio ? "0" : "1", cname: "doctor")
            if let producer = ORTC.producer(for: stream, capabilities: capabilities) { return producer }
        }
        throw SkyWayError(.badResponse, .sfu, detail: "the SFU takes no usual codec")
    }

    /// Waits until viewers can find both streams.
    private func relayFinding() async -> Finding {
        let news = relayNews
        try? await limited { for await _ in news where await self.relays.count >= 2 { return } }
        guard relays.count < 2 else { return .ok("both streams can be found in the room") }
        return .problem(
            "\(relays.isEmpty ? "neither stream" : "only one stream") has come into the room",
            advice: "SkyWay's bot is slow or fails: try again, and see SkyWay's status page if it stays so."
        )
    }

    // MARK: Leaving

    /// Closes the room where it is our own; else looks whether we are gone.
    private func leaveFinding(
        _ channelID: String,
        _ memberID: String?,
        _ visit: Visit,
        _ configuration: SkyWayConfiguration
    ) async -> Finding {
        let (api, token) = (rtcAPI(configuration), visit.token)
        do {
            guard visit.isOwn else {
                let channel = try await limited {
                    try await api.withClient(token) { try await $0.getChannel(id: channelID) }
                }
                guard channel.members.contains(where: { $0.id == memberID }) else {
                    return .ok("nothing of it is left")
                }
                return .note("the member is still there", advice: "Nothing: SkyWay removes it within two minutes.")
            }
            try await limited { try await api.withClient(token) { try await $0.deleteChannel(id: channelID) } }
            return .ok("the room is closed, nothing of it is left")
        } catch let error as SkyWayError where error.code == .scopeMissing && visit.isOwn {
            return .note(
                "the room is left and empty; the token may not close it",
                advice: "Nothing, or close it by hand."
            )
        } catch {
            return .note(
                "left, but \(Self.text(error))",
                advice: "Nothing: SkyWay removes the member within two minutes."
            )
        }
    }
}
