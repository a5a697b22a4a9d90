// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC
import RTCDriver
import SkyWay

/// How a broadcast comes about, step by step; each step throws why it can't.
extension Broadcast {
    /// All steps, in the order that fits what is known of the channel.
    func establish() async throws {
        guard let session else { return }
        if let channel {
            // The answer may only name what the router takes, so SkyWay comes first.
            let (link, forwardings) = try await join(channel)
            try await answer(session, codecs: forwardings.capabilities.allMediaCodecs)
            try await publish(forwardings, through: link)
        } else {
            // The publisher would not wait for a person; its media is dropped until the channel is known.
            try await answer(session, codecs: DefaultCodecs.all)
            let (link, forwardings) = try await joinAskedChannel()
            try await publish(forwardings, through: link)
        }
    }

    private func answer(_ session: PublisherSession, codecs: [RTPCodec]) async throws {
        self.session = try await open(session, codecs: codecs)
        learnOfSession()
        try Task.checkCancellation()
        answer()
    }

    private func publish(_ forwardings: SkyWayForwardings, through link: any SkyWayPublishing) async throws {
        let wanted = wantedStreams
        // What the router takes was not known when it was published.
        let isAsWanted = wanted.allSatisfy { stream in
            (forwardings.encodings[stream.kind] ?? []) == stream.publication.encodings
        }
        do {
            guard isAsWanted else { throw LayersRefused() }
            try await declare(wanted, forwardings, through: link)
        } catch is LayersRefused {
            try await reconcile(through: link)
        }
        await lookAtLink()
        apply(machine.forwarded())
    }

    // MARK: The channel

    private func joinAskedChannel() async throws -> (any SkyWayPublishing, SkyWayForwardings) {
        let publisher = origin.userAgent ?? "A publisher"
        guard let channel = await environment.prompt?.channel(for: publisher) else {
            throw EndedEarly(reason: .channelNotGiven)
        }
        try await claim(self, channel)
        try Task.checkCancellation()
        self.channel = channel
        announce()
        do {
            return try await join(channel)
        } catch let error as SkyWayError {
            logger.error("The channel can't be joined", metadata: ["error": "\(error)", "advice": "\(error.advice)"])
            throw EndedEarly(reason: .skyWayLost(error))
        }
    }

    /// Joins a room, and remembers whether SkyWay takes what this gateway is set up with.
    private func join(_ channel: ChannelReference) async throws -> (any SkyWayPublishing, SkyWayForwardings) {
        do {
            let joined = try await enter(channel)
            environment.standing.taken()
            await lookAtLink()
            return joined
        } catch let error as SkyWayError {
            environment.standing.refused(error)
            throw error
        }
    }

    private func enter(_ channel: ChannelReference) async throws -> (any SkyWayPublishing, SkyWayForwardings) {
        let memberName = environment.makeMemberName(origin.grant)
        let linkRequest = SkyWayLinkRequest(
            channel: channel,
            mayCreateChannel: environment.mayCreateChannel,
            memberName: memberName,
            updates: metadata.updates,
            metadata: { [weak self] in await self?.joiningMetadata(of: $0) }
        )
        let link = try await environment.connect(linkRequest, session?.logger ?? logger)
        try Task.checkCancellation()
        self.link = link
        spawn { await link.run() }
        spawn {
            for await event in link.events {
                await self.receive(event)
                await self.lookAtLink()
            }
        }
        // Audio before video: the SFU forwards them one after another.
        let tracks = origin.offer.description.tracks.sorted { $0.kind == .audio && $1.kind == .video }
        let publications = tracks.map { track in
            // What the router takes is not known yet, so this is the codec that will probably be sent.
            let listed = environment.codecs.ordered(origin.grant.codecs.allowed(DefaultCodecs.all))
            let codec = RTPCodec.choose(from: track.section.codecs, listed: listed) ?? track.section.codecs.first
            let layers = codec.map { ORTC.layers(of: $0, offered: track.section.encodings.count) } ?? 1
            return SkyWayPublication(
                track.kind,
                mimeType: codec?.mimeType.lowercased() ?? "",
                encodings: ORTC.encodingIDs(layers)
            )
        }
        learn { facts in
            facts.room = channel.text
            facts.member = memberName
            for publication in publications { facts.codecs[publication.kind] = publication.codecName }
        }
        let forwardings = try await link.open(publications)
        capabilities = forwardings.capabilities
        return (link, forwardings)
    }
}
