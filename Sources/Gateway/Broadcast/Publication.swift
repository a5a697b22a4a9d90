// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver
import SkyWay

/// A stream of a broadcast at the SFU, whichever session of the publisher feeds it.
struct Publication: Sendable {
    /// What the router lists that the stream is declared as.
    let declared: RTPCodec
    /// What goes to the SFU.
    let stream: ORTC.Stream
    /// The way to the SFU.
    let transport: EgressTransport
    /// The stream's place among those of the way.
    let index: SendStreamIndex
    /// What the SFU calls its producer.
    let producerID: String
    /// What the SFU forwards it as; another one is another producer.
    let forwardingID: String
    /// The transport that the way leads to.
    let transportID: String

    /// Adds the stream to a way to the SFU.
    ///
    /// - Parameters:
    ///   - stream: what goes to the SFU.
    ///   - capabilities: what the router takes.
    ///   - transport: the way.
    ///   - forwarding: what the SFU forwards it as.
    ///   - producerID: what the SFU calls the stream's producer.
    /// - Throws: `MediaWorkerError`, or `EndedEarly` where the router lists nothing that the stream could be.
    init(
        _ stream: ORTC.Stream,
        capabilities: RTPCapabilities,
        on transport: EgressTransport,
        _ forwarding: SkyWayForwardings.Forwarding,
        producerID: String
    ) async throws {
        forwardingID = forwarding.id
        transportID = forwarding.transportID
        let kind = stream.codec.kind
        guard let declared = stream.codec.nearest(in: capabilities.mediaCodecs(kind)) else {
            throw EndedEarly(reason: .noCommonCodec)
        }
        self.declared = declared
        self.stream = stream
        self.transport = transport
        self.producerID = producerID
        index = try await transport.media.addSendStream(
            SendStreamParameters(
                kind: kind,
                mid: stream.mid,
                ssrc: stream.ssrcs[0],
                retransmissionSSRC: stream.retransmissionSSRCs.first,
                codec: stream.codec,
                extensions: ORTC.extensions(kind, capabilities: capabilities),
                cname: stream.cname
            )
        )
    }

    /// Whether a codec can go on in this stream without being declared anew.
    func takes(_ codec: RTPCodec, _ capabilities: RTPCapabilities) -> Bool {
        codec.nearest(in: capabilities.mediaCodecs(codec.kind)) == declared
    }

    /// Lets a track of a publisher feed the stream, from where it stands.
    func forward(_ track: IngestSession.Track, of ingest: IngestSession) async throws {
        var generator = SecureRandomNumberGenerator()
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

    /// Takes the stream off its way.
    func remove() async throws {
        try await transport.media.removeSendStream(index)
    }
}

extension ORTC.Stream {
    /// A stream with SSRCs of its own, one more where retransmissions have a payload type.
    ///
    /// - Parameters:
    ///   - codec: as it leaves towards the SFU.
    ///   - mid: another one for each stream of a transport.
    ///   - cname: the same for all streams of a publisher.
    init(_ codec: RTPCodec, mid: String, cname: String) {
        var generator = SecureRandomNumberGenerator()
        // Even, with the odd one after it for retransmissions.
        let ssrc = UInt32.random(in: 2 ..< .max, using: &generator) & ~1
        self.init(
            codec: codec,
            mid: mid,
            ssrcs: [ssrc],
            retransmissionSSRCs: codec.retransmissionPayloadType == nil ? [] : [ssrc | 1],
            cname: cname
        )
    }
}
