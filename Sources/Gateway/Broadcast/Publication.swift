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
    /// The places of its layers among the streams of the way, lowest quality first.
    let indices: [SendStreamIndex]
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
        var indices: [SendStreamIndex] = []
        for (rank, ssrc) in stream.ssrcs.enumerated() {
            let repair = stream.retransmissionSSRCs
            indices.append(
                try await transport.media.addSendStream(
                    SendStreamParameters(
                        kind: kind,
                        mid: stream.mid,
                        ssrc: ssrc,
                        retransmissionSSRC: repair.indices.contains(rank) ? repair[rank] : nil,
                        codec: stream.codec,
                        extensions: ORTC.extensions(kind, capabilities: capabilities),
                        cname: stream.cname
                    )
                )
            )
        }
        self.indices = indices
    }

    /// How many layers it has.
    var layers: Int { indices.count }

    /// Whether a codec can go on in this stream without being declared anew.
    ///
    /// - Parameters:
    ///   - codec: the codec.
    ///   - count: how many layers of it there are to be; where they are fewer, some of the stream's get nothing.
    ///   - capabilities: what the router takes.
    /// - Returns: whether it can.
    func takes(_ codec: RTPCodec, layers count: Int, _ capabilities: RTPCapabilities) -> Bool {
        codec.nearest(in: capabilities.mediaCodecs(codec.kind)) == declared && count <= layers
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
        guard layers == 1 else {
            _ = try await ingest.media.forward(
                layersOf: track.index,
                to: transport.media,
                streams: indices,
                configuration: configuration
            )
            return
        }
        _ = try await ingest.media.forward(
            bestOf: track.index,
            to: transport.media,
            stream: indices[0],
            configuration: configuration
        )
    }

    /// Takes the stream off its way.
    func remove() async throws {
        for index in indices { try await transport.media.removeSendStream(index) }
    }
}

extension ORTC.Stream {
    /// A stream with SSRCs of its own, one for each layer, and one more where retransmissions have a payload type.
    ///
    /// - Parameters:
    ///   - codec: as it leaves towards the SFU.
    ///   - layers: how many layers it has.
    ///   - mid: another one for each stream of a transport.
    ///   - cname: the same for all streams of a publisher.
    init(_ codec: RTPCodec, layers: Int = 1, mid: String, cname: String) {
        var generator = SecureRandomNumberGenerator()
        // Even and four apart at least, each with the odd one after it for retransmissions.
        let first = UInt32.random(in: 2 ..< .max - 64, using: &generator) & ~1
        let ssrcs = (0..<layers).map { first + UInt32($0) * 4 }
        self.init(
            codec: codec,
            mid: mid,
            ssrcs: ssrcs,
            retransmissionSSRCs: codec.retransmissionPayloadType == nil ? [] : ssrcs.map { $0 | 1 },
            cname: cname
        )
    }
}
