// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import RTC
import RTCCrypto
import RTCDriver
import SkyWay

/// How a broadcast comes about, step by step; each step throws why it can't.
extension Broadcast {
    /// All steps, in the order that fits what is known of the channel.
    func establish() async throws {
        if let channel {
            // The answer may only name what the router takes, so SkyWay comes first.
            let (link, forwardings) = try await join(channel)
            let ingest = try await openIngest(forwardings.capabilities.allMediaCodecs)
            answer(ingest)
            try await connect(ingest, to: link, forwardings)
        } else {
            // The publisher would not wait for a person; its media is dropped until the channel is known.
            let ingest = try await openIngest(DefaultCodecs.all)
            answer(ingest)
            let (link, forwardings) = try await joinAskedChannel()
            try await connect(ingest, to: link, forwardings)
        }
    }

    // MARK: The channel

    private func joinAskedChannel() async throws -> (any SkyWayPublishing, SkyWayForwardings) {
        let publisher = request.userAgent ?? "A publisher"
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

    private func join(_ channel: ChannelReference) async throws -> (any SkyWayPublishing, SkyWayForwardings) {
        let linkRequest = SkyWayLinkRequest(
            channel: channel,
            mayCreateChannel: environment.mayCreateChannel,
            memberName: environment.makeMemberName(request.grant)
        )
        let link = try await environment.connect(linkRequest, logger)
        try Task.checkCancellation()
        self.link = link
        spawn { await link.run() }
        spawn { for await event in link.events { await self.receive(event) } }
        // Audio before video: the SFU forwards them one after another.
        let tracks = request.offer.description.tracks.sorted { $0.kind == .audio && $1.kind == .video }
        let publications = tracks.map { track in
            // What the router takes is not known yet, so this is the codec that will probably be sent.
            let probable = RTPCodec.choose(from: track.section.codecs, listed: takeable(DefaultCodecs.all))
            let codec = probable ?? track.section.codecs.first
            return SkyWayPublication(track.kind, mimeType: codec?.mimeType.lowercased() ?? "")
        }
        let forwardings = try await link.open(publications)
        capabilities = forwardings.capabilities
        return (link, forwardings)
    }

    // MARK: The publisher

    /// What may be published, in the operator's order.
    private func takeable(_ codecs: [RTPCodec]) -> [RTPCodec] {
        environment.codecs.ordered(request.grant.codecs.allowed(codecs))
    }

    private func openIngest(_ codecs: [RTPCodec]) async throws -> IngestSession {
        let ingest = try await IngestSession.open(
            request.offer,
            codecs: takeable(codecs),
            maximumBitrate: request.grant.bitrate(within: environment.maximumBitrate),
            on: worker,
            certificate: environment.certificate
        )
        self.ingest = ingest
        let events = ingest.media.events
        spawn { for await event in events { await self.receive(publisher: event) } }
        try Task.checkCancellation()
        return ingest
    }

    // MARK: The SFU

    private func connect(
        _ ingest: IngestSession,
        to link: any SkyWayPublishing,
        _ forwardings: SkyWayForwardings
    ) async throws {
        machine.transportsOpened(Set(forwardings.transports.map(\.id)))
        for options in forwardings.transports { try await open(options, through: link) }
        let capabilities = forwardings.capabilities
        let payloadTypes = ingest.tracks.map(\.codec.payloadType)
        let cname = UUID().uuidString.lowercased()
        for track in ingest.tracks.sorted(by: { $0.kind == .audio && $1.kind == .video }) {
            guard let forwarding = forwardings.forwardings[track.kind],
                let transport = transports[forwarding.transportID]
            else { continue }
            let codec = ORTC.outgoing(track.codec, capabilities: capabilities, besides: payloadTypes)
            let stream = codec.map { Self.stream($0, cname: cname) }
            guard let stream, let producer = ORTC.producer(for: stream, capabilities: capabilities) else {
                throw EndedEarly(reason: .noCommonCodec)
            }
            _ = try await link.produce(track.kind, producer)
            let extensions = ORTC.extensions(track.kind, capabilities: capabilities)
            try await forward(track, of: ingest, to: transport, stream: stream, extensions: extensions)
        }
        apply(machine.forwarded())
    }

    /// A stream with SSRCs of its own, one more where retransmissions have a payload type.
    private static func stream(_ codec: RTPCodec, cname: String) -> ORTC.Stream {
        var generator = SecureRandomNumberGenerator()
        // Even, with the odd one after it for retransmissions.
        let ssrc = UInt32.random(in: 2 ..< .max, using: &generator) & ~1
        return ORTC.Stream(
            codec: codec,
            mid: codec.kind == .audio ? "0" : "1",
            ssrcs: [ssrc],
            retransmissionSSRCs: codec.retransmissionPayloadType == nil ? [] : [ssrc | 1],
            cname: cname
        )
    }

    private func open(_ options: SFUTransportOptions, through link: any SkyWayPublishing) async throws {
        let certificate = environment.certificate
        // The SFU has to know our certificate before our first check comes (protocol page §7.5).
        _ = try await link.connectTransport(options.id, fingerprint: .init(certificate.fingerprint))
        let transport = try await EgressTransport.open(options, on: worker, certificate: certificate)
        transports[options.id] = transport
        let events = transport.media.events
        spawn { for await event in events { await self.receive(event, from: options.id) } }
        try Task.checkCancellation()
    }

    private func forward(
        _ track: IngestSession.Track,
        of ingest: IngestSession,
        to transport: EgressTransport,
        stream: ORTC.Stream,
        extensions: HeaderExtensionMap
    ) async throws {
        var generator = SecureRandomNumberGenerator()
        let index = try await transport.media.addSendStream(
            SendStreamParameters(
                kind: track.kind,
                mid: stream.mid,
                ssrc: stream.ssrcs[0],
                retransmissionSSRC: stream.retransmissionSSRCs.first,
                codec: stream.codec,
                extensions: extensions,
                cname: stream.cname
            )
        )
        let configuration = ForwardingConfiguration(
            from: track.codec,
            to: stream.codec,
            waitsForKeyFrame: track.kind == .video,
            using: &generator
        )
        _ = try await ingest.media.forward(
            bestOf: track.index,
            to: transport.media,
            stream: index,
            configuration: configuration
        )
    }
}

/// A broadcast that ends before it stands, and after its publisher was answered.
struct EndedEarly: Error {
    /// Why.
    var reason: EndReason
}

extension RTPCapabilities {
    /// What may be published, in the router's order.
    fileprivate var allMediaCodecs: [RTPCodec] { mediaCodecs(.audio) + mediaCodecs(.video) }
}
