// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto

/// A transport of the SFU in the words of a session description.
extension TransportOptions {
    /// This end of the transport; nil where it cannot be described.
    var localTransport: SDPLocalTransport? {
        guard
            let credentials = ICECredentials(
                usernameFragment: iceParameters.usernameFragment,
                password: iceParameters.password
            ),
            let fingerprint = dtlsParameters.fingerprints.first?.certificateFingerprint
        else { return nil }
        return SDPLocalTransport(
            sessionID: UInt64.random(in: .min ... .max),
            credentials: credentials,
            fingerprint: fingerprint,
            candidates: iceCandidates.compactMap(\.candidate),
            isLite: iceParameters.iceLite
        )
    }
}

extension ICECandidateEntry {
    /// The candidate, with the foundation and priority it is told with everywhere else.
    fileprivate var candidate: ICECandidate? {
        guard let ip = IPAddress(address) else { return nil }
        let isUDP = self.protocol == "udp"
        return ICECandidate(
            foundation: foundation,
            priority: priority,
            address: TransportAddress(ip, port: port, transport: isUDP ? .udp : .tcp),
            kind: .host,
            tcpType: isUDP ? nil : .passive
        )
    }
}

extension DTLSParameters {
    /// What the viewer has said of itself; its role is what ours leaves it.
    init(_ remote: SDPRemoteTransport) {
        self.init(
            role: remote.localRole == .server ? .client : .server,
            fingerprints: remote.fingerprints.map { Fingerprint($0) }
        )
    }
}

extension SDPSource {
    /// A producer as it can be described to a viewer, with SSRCs of its own; nil where it has no media codec.
    init?(_ producer: SFUProducer) {
        guard let codec = producer.parameters.mediaCodecs(producer.kind).first else { return nil }
        let cname = producer.parameters.rtcp.cname ?? producer.id
        let ssrc = UInt32.random(in: 100_000_000...900_000_000)
        self.init(
            codec: codec,
            ssrc: ssrc,
            retransmissionSSRC: producer.kind == .video ? ssrc + 1 : nil,
            cname: cname,
            streamID: producer.transportID,
            trackID: producer.id
        )
    }
}

extension RTPParameters {
    /// What an answer has agreed on for one stream.
    init(_ stream: SendStreamParameters) {
        self.init(
            mid: stream.mid,
            codecs: Self.codecs(stream.codec),
            headerExtensions: HeaderExtension.allCases.compactMap { kind in
                stream.extensions[kind].map { RTPHeaderExtensionParameters(uri: kind.uri, id: $0) }
            },
            encodings: [
                RTPEncodingParameters(
                    ssrc: stream.ssrc,
                    rtx: stream.retransmissionSSRC.map { RTPEncodingParameters.RTX(ssrc: $0) }
                )
            ],
            rtcp: RTCPParameters(cname: stream.cname, reducedSize: true)
        )
    }

    /// A codec, and its retransmissions where they have a payload type.
    private static func codecs(_ codec: RTPCodec) -> [RTPCodecParameters] {
        let media = RTPCodecParameters(
            codec.mimeType,
            payloadType: codec.payloadType,
            clockRate: codec.clockRate,
            channels: codec.kind == .audio ? codec.channels : nil,
            parameters: codec.parameters.reduce(into: [:]) { $0[$1.name] = .string($1.value) },
            rtcpFeedback: codec.feedback.map { RTCPFeedbackEntry($0.type, $0.parameter) }
        )
        guard let payloadType = codec.retransmissionPayloadType else { return [media] }
        let retransmission = RTPCodecParameters(
            "\(codec.kind.rawValue)/rtx",
            payloadType: payloadType,
            clockRate: codec.clockRate,
            parameters: ["apt": .integer(Int64(codec.payloadType))]
        )
        return [media, retransmission]
    }
}
