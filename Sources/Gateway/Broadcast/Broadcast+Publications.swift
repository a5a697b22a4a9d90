// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver
import SkyWay

/// What a broadcast has published, and how that is fitted to what its publisher sends.
extension Broadcast {
    /// Lets the present session feed what is published already and can go on as it is.
    ///
    /// - Parameter capabilities: what the router takes.
    /// - Returns: the tracks of the session for which nothing is published.
    /// - Throws: `MediaWorkerError`.
    func feedPublications(_ capabilities: RTPCapabilities) async throws -> [IngestSession.Track] {
        guard let ingest = session?.ingest else { return [] }
        var missing: [IngestSession.Track] = []
        for track in ingest.tracksInOrder {
            if let publication = publications[track.kind], publication.takes(track.codec, capabilities) {
                try await publication.forward(track, of: ingest)
            } else {
                missing.append(track)
            }
        }
        return missing
    }

    /// Publishes what the present session sends and is not published as it is, and withdraws what it sends no more.
    ///
    /// - Parameters:
    ///   - missing: the tracks of the session for which nothing is published, or something else.
    ///   - link: the way to SkyWay.
    /// - Throws: what SkyWay or a media session refused.
    func fit(_ missing: [IngestSession.Track], _ link: any SkyWayPublishing) async throws {
        guard let ingest = session?.ingest else { return }
        let kept = Set(ingest.tracks.map(\.kind)).subtracting(missing.map(\.kind))
        for (kind, publication) in publications where !kept.contains(kind) {
            publications[kind] = nil
            machine.withdrawn(kind)
            try await publication.remove()
            try await link.unpublish(kind)
        }
        if !missing.isEmpty {
            for track in missing { machine.publishing(track.kind) }
            let added = missing.map { SkyWayPublication($0.kind, mimeType: $0.codec.mimeType.lowercased()) }
            try await publish(missing, of: ingest, through: link, try await link.add(added))
        }
        await lookAtLink()
        guard session?.ingest?.media.id == ingest.media.id else { return }
        apply(machine.forwarded())
    }

    /// Declares streams to the SFU, and lets a session feed them.
    ///
    /// - Parameters:
    ///   - tracks: what the session sends.
    ///   - ingest: the session.
    ///   - link: the way to SkyWay.
    ///   - forwardings: where each goes.
    /// - Throws: what the SFU or a media session refused.
    func publish(
        _ tracks: [IngestSession.Track],
        of ingest: IngestSession,
        through link: any SkyWayPublishing,
        _ forwardings: SkyWayForwardings
    ) async throws {
        let opening = forwardings.transports.filter { transports[$0.id] == nil }
        machine.transportsOpened(Set(opening.map(\.id)))
        for options in opening { try await open(options, through: link) }
        let capabilities = forwardings.capabilities
        let used = ingest.tracks.map(\.codec.payloadType)
        for track in tracks {
            guard let forwarding = forwardings.forwardings[track.kind],
                let transport = transports[forwarding.transportID]
            else { continue }
            guard let codec = ORTC.outgoing(track.codec, capabilities: capabilities, besides: used) else {
                throw EndedEarly(reason: .noCommonCodec)
            }
            let stream = ORTC.Stream(codec, mid: "\(streamCount)", cname: canonicalName)
            streamCount += 1
            guard let producer = ORTC.producer(for: stream, capabilities: capabilities) else {
                throw EndedEarly(reason: .noCommonCodec)
            }
            let producerID = try await link.produce(track.kind, producer)
            let publication = try await Publication(
                stream,
                capabilities: capabilities,
                on: transport,
                producerID: producerID
            )
            publications[track.kind] = publication
            try await publication.forward(track, of: ingest)
        }
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
}

extension IngestSession {
    /// Audio before video: the SFU forwards them one after another.
    var tracksInOrder: [Track] { tracks.sorted { $0.kind == .audio && $1.kind == .video } }
}

extension RTPCapabilities {
    /// What may be published, in the router's order.
    var allMediaCodecs: [RTPCodec] { mediaCodecs(.audio) + mediaCodecs(.video) }
}
