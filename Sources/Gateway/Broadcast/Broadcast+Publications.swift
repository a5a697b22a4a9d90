// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver
import SkyWay

/// What a broadcast has published, and how that is fitted to what its publisher sends.
extension Broadcast {
    /// A stream that is to be published.
    struct Wanted {
        var kind: MediaKind
        /// What the publisher sends of it; `nil` while the publisher is away.
        var track: IngestSession.Track?
        /// The codec as it comes from the publisher, or as it was published before.
        var codec: RTPCodec
        /// How many layers it is published with.
        var layers: Int

        /// As SkyWay is told of it.
        var publication: SkyWayPublication {
            SkyWayPublication(kind, mimeType: codec.mimeType.lowercased(), encodings: ORTC.encodingIDs(layers))
        }
    }

    /// What the present session sends; while there is none, what was published.
    ///
    /// Audio before video: the SFU forwards them one after another.
    var wantedStreams: [Wanted] {
        guard let ingest = session?.ingest else {
            return publications.values
                .map { Wanted(kind: $0.declared.kind, codec: $0.stream.codec, layers: refusesLayers ? 1 : $0.layers) }
                .sorted { $0.kind == .audio && $1.kind == .video }
        }
        return ingest.tracksInOrder.map { track in
            Wanted(kind: track.kind, track: track, codec: track.codec, layers: layers(of: track))
        }
    }

    /// What kinds of media that are.
    var wantedKinds: Set<MediaKind> { Set(wantedStreams.map(\.kind)) }

    /// Lets the present session feed what is published already and can go on as it is.
    ///
    /// - Parameter capabilities: what the router takes.
    /// - Returns: whether that is all that there is, and all that it sends.
    func feedPublications(_ capabilities: RTPCapabilities) async -> Bool {
        guard let ingest = session?.ingest else { return false }
        var isAll = Set(ingest.tracks.map(\.kind)) == Set(publications.keys)
        for track in ingest.tracksInOrder {
            guard let publication = publications[track.kind], takes(publication, track, capabilities) else {
                isAll = false
                continue
            }
            do {
                try await feed(publication)
            } catch {
                // The way to the SFU has ended meanwhile, or the session: either says so itself.
                isAll = false
            }
        }
        return isAll
    }

    /// Makes what is missing of what is wanted, and withdraws what is wanted no more.
    ///
    /// What is there and fits is kept, and with it the viewers' subscriptions.
    ///
    /// - Parameter link: the way to SkyWay.
    /// - Throws: what SkyWay or a media session refused.
    func reconcile(through link: any SkyWayPublishing) async throws {
        try await withdrawUnwanted(from: link)
        let wanted = wantedStreams
        let forwardings = try await link.restore(wanted.map(\.publication))
        capabilities = forwardings.capabilities
        await closeTransports(besides: Set(forwardings.transports.map(\.id)))
        do {
            try await declare(wanted, forwardings, through: link)
        } catch is LayersRefused {
            // From now on one layer is wanted of each, which can't be refused for that reason.
            try await reconcile(through: link)
        }
    }

    /// Withdraws what is not sent any more, or is sent in a way that the publication does not take.
    private func withdrawUnwanted(from link: any SkyWayPublishing) async throws {
        guard let capabilities, let ingest = session?.ingest else { return }
        for (kind, publication) in publications {
            let track = ingest.tracks.first { $0.kind == kind }
            if let track, takes(publication, track, capabilities) { continue }
            publications[kind] = nil
            if track == nil { machine.withdrawn(kind) } else { machine.publishing(kind) }
            try? await publication.remove()
            try await link.unpublish(kind)
        }
        for track in ingest.tracks where publications[track.kind] == nil { machine.publishing(track.kind) }
    }

    /// Ends the ways to the SFU that lead nowhere any more.
    private func closeTransports(besides used: Set<String>) async {
        let unused = transports.filter { !used.contains($0.key) }
        machine.retainTransports(used)
        for (id, transport) in unused {
            transports[id] = nil
            await transport.media.close()
        }
    }

    /// Declares to the SFU what is not declared on its present forwarding, and lets the present session feed it.
    ///
    /// - Parameters:
    ///   - wanted: what is to be published.
    ///   - forwardings: where each goes.
    ///   - link: the way to SkyWay.
    /// - Throws: what the SFU or a media session refused.
    func declare(
        _ wanted: [Wanted],
        _ forwardings: SkyWayForwardings,
        through link: any SkyWayPublishing
    ) async throws {
        let opening = forwardings.transports.filter { transports[$0.id] == nil }
        machine.transportsOpened(Set(opening.map(\.id)))
        for options in opening { try await open(options, through: link) }
        for stream in wanted {
            guard let forwarding = forwardings.forwardings[stream.kind],
                let transport = transports[forwarding.transportID]
            else { continue }
            if let publication = publications[stream.kind], publication.forwardingID == forwarding.id {
                try await feed(publication)
            } else {
                try await declare(stream, forwarding, on: transport, forwardings.capabilities, through: link)
            }
        }
        for kind in forwardings.published { apply(machine.relayPublished(kind)) }
    }

    private func declare(
        _ wanted: Wanted,
        _ forwarding: SkyWayForwardings.Forwarding,
        on transport: EgressTransport,
        _ capabilities: RTPCapabilities,
        through link: any SkyWayPublishing
    ) async throws {
        let used = wantedStreams.map(\.codec.payloadType)
        guard let codec = ORTC.outgoing(wanted.codec, capabilities: capabilities, besides: used) else {
            throw EndedEarly(reason: .noCommonCodec)
        }
        let stream = ORTC.Stream(codec, layers: wanted.layers, mid: "\(streamCount)", cname: canonicalName)
        streamCount += 1
        guard let producer = ORTC.producer(for: stream, capabilities: capabilities) else {
            throw EndedEarly(reason: .noCommonCodec)
        }
        let producerID = try await produce(producer, of: wanted, through: link)
        let former = publications[wanted.kind]
        let publication = try await Publication(
            stream,
            capabilities: capabilities,
            on: transport,
            forwarding,
            producerID: producerID
        )
        publications[wanted.kind] = publication
        feeders[wanted.kind] = nil
        // Its receiver is gone, and often its way too.
        try? await former?.remove()
        try await feed(publication)
    }

    /// Lets the present session feed a stream, unless it does so already.
    private func feed(_ publication: Publication) async throws {
        let kind = publication.stream.codec.kind
        guard let capabilities, let ingest = session?.ingest, feeders[kind] != ingest.media.id,
            let track = ingest.tracks.first(where: { $0.kind == kind }), takes(publication, track, capabilities)
        else { return }
        try await publication.forward(track, of: ingest)
        feeders[kind] = ingest.media.id
    }

    private func open(_ options: SFUTransportOptions, through link: any SkyWayPublishing) async throws {
        let certificate = environment.certificate
        // The SFU has to know our certificate before our first check comes (protocol page §7.5).
        _ = try await link.connectTransport(options.id, fingerprint: .init(certificate.fingerprint))
        let transport = try await EgressTransport.open(
            options,
            on: worker,
            certificate: certificate,
            relays: environment.relays
        )
        transports[options.id] = transport
        await record(transport.media, on: .sfu(options.id))
        await name(relayServers, to: transport)
        beginRelays(through: link)
        let events = transport.media.events
        spawn { for await event in events { await self.receive(event, from: options.id) } }
        try Task.checkCancellation()
    }
}

extension IngestSession {
    /// Audio before video: the SFU forwards them one after another.
    var tracksInOrder: [Track] { tracks.sorted { $0.kind == .audio && $1.kind == .video } }
}

extension RTPCapabilities {
    /// What may be published, in the router's order.
    var allMediaCodecs: [RTPCodec] { mediaCodecs(.audio) + mediaCodecs(.video) }
}
