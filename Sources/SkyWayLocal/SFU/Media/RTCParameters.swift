// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto

/// The SFU's parameters in the words of the RTC core.
extension RTPKind {
    var mediaKind: MediaKind { self == .audio ? .audio : .video }
}

extension RTPParameters {
    /// The codecs that carry media, RTX as their property.
    func mediaCodecs(_ kind: RTPKind) -> [RTPCodec] {
        codecs.filter { !$0.isRTX }.map { codec in
            RTPCodec(
                kind: kind.mediaKind,
                name: codec.mimeType.split(separator: "/").last.map(String.init) ?? codec.mimeType,
                payloadType: codec.payloadType,
                clockRate: codec.clockRate,
                channels: codec.channels ?? 1,
                parameters: codec.parameters.sorted { $0.key < $1.key }.map { FormatParameter($0.key, $0.value.text) },
                feedback: codec.rtcpFeedback.map { RTCPFeedback($0.type, $0.parameter) },
                retransmissionPayloadType: codecs.first {
                    $0.isRTX && $0.associatedPayloadType == codec.payloadType
                }?.payloadType
            )
        }
    }

    /// The header extensions the core understands, by their ids.
    var extensionMap: HeaderExtensionMap {
        var map = HeaderExtensionMap()
        for element in headerExtensions {
            if let kind = HeaderExtension(uri: element.uri) { map[kind] = element.id }
        }
        return map
    }
}

extension ICEParameters {
    /// Our credentials as the client is told them.
    init(_ credentials: ICECredentials) {
        self.init(
            usernameFragment: credentials.usernameFragment,
            password: credentials.password,
            iceLite: true
        )
    }
}

extension ICECandidateEntry {
    /// A host candidate as mediasoup writes it: its own foundations and priorities (protocol page §7.2).
    ///
    /// - Parameters:
    ///   - candidate: where the transport is reached.
    ///   - index: its place among all of them, those by UDP before those by TCP.
    init(_ candidate: ICECandidate, index: Int) {
        let name = candidate.address.transport == .udp ? "udp" : "tcp"
        let address = "\(candidate.address.ip)"
        self.init(
            foundation: "\(name)candidate",
            priority: 64 << 24 | UInt32(clamping: 10_000 - 100 * index) << 8 | 255,
            ip: address,
            address: address,
            protocol: name,
            port: candidate.address.port,
            type: "host",
            tcpType: candidate.address.transport == .tcp ? "passive" : nil
        )
    }
}

extension DTLSParameters.Fingerprint {
    /// The fingerprint of our certificate; only SHA-256 is told (protocol page §7.2).
    init(_ fingerprint: CertificateFingerprint) {
        self.init(algorithm: fingerprint.algorithm.rawValue, value: fingerprint.text)
    }

    /// The fingerprint the client's certificate must have.
    var certificateFingerprint: CertificateFingerprint? {
        CertificateFingerprint(algorithm: algorithm, text: value)
    }
}
