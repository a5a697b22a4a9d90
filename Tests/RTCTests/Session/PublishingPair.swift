// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCTesting

/// A publisher and a server in the simulated network: an offerer on the left, a lite answerer on the right.
struct PublishingPair {
    static let publisherAddress = TransportAddress(IPAddress(ipv4: 0x0a00_0001), port: 50_000)
    static let serverAddress = TransportAddress(IPAddress(ipv4: 0x0a00_0002), port: 40_000)

    /// How lost packets come back.
    enum Recovery: CaseIterable {
        /// Not at all.
        case none
        /// In their own stream.
        case plain
        /// In a stream of retransmissions that was announced.
        case announced
        /// In a stream of retransmissions that only its header extensions tell.
        case byIdentifiers
        /// In a stream of retransmissions that only its payload type tells.
        case byPayloadType
        /// In their own streams, of which there are two: layers that RTP stream ids tell apart.
        case layers
        /// In a stream of retransmissions that was announced, while send times are told instead of numbers.
        case bySendTimes
    }

    static let ssrc: UInt32 = 0x1234_5678
    static let lowSSRC: UInt32 = 0x2345_6789

    let network: SimulatedNetwork
    let serverCredentials: ICECredentials
    let video: TrackIndex
    let stream: SendStreamIndex
    /// The second layer, where there are layers.
    let lowStream: SendStreamIndex?

    /// Makes a pair.
    ///
    /// - Parameters:
    ///   - seed: decides everything that is left to chance.
    ///   - conditions: of the network, both ways.
    ///   - spare: names datagrams that the conditions leave alone.
    ///   - publisherRole: the publisher's role in the handshake.
    ///   - expectedByServer: whose certificate the server expects; the publisher's by default.
    ///   - liveness: when the server gives the session up.
    ///   - recovery: how lost packets come back; with any way but none arrivals and round trips are told as well.
    ///   - maximumBitrate: what the publisher is told to send at most.
    ///   - estimatesBandwidth: whether both ends estimate what the path carries.
    ///   - rules: what the server asks of checks.
    /// - Throws: what the sessions throw.
    init(
        seed: UInt64,
        conditions: NetworkConditions,
        sparing spare: @escaping @Sendable ([UInt8]) -> Bool = { _ in false },
        publisherRole: DTLSRole = .client,
        expectedByServer: CertificateFingerprint? = nil,
        liveness: Liveness? = Liveness(),
        recovery: Recovery = .none,
        maximumBitrate: UInt64? = nil,
        estimatesBandwidth: Bool = false,
        rules: ICERules = .ingest
    ) throws {
        var generator = SplitMix64(seed: seed)
        let start = MonotonicTime(nanoseconds: 1_000_000_000)
        let clock = WallClock(monotonic: start, ntp: NTPTime(unixNanoseconds: 1_790_000_000_000_000_000))
        let publisherCertificate = try Certificates.publisher.get()
        let serverCertificate = try Certificates.server.get()
        let publisherCredentials = ICECredentials.make(using: &generator)
        serverCredentials = ICECredentials.make(using: &generator)

        var publisher = Session(
            SessionConfiguration(
                connectivity: .controlling(
                    ICEControllingConfiguration(
                        local: publisherCredentials,
                        remote: serverCredentials,
                        candidates: [ICECandidate(host: Self.serverAddress)]
                    )
                ),
                certificate: publisherCertificate,
                dtls: DTLSParameters(
                    role: publisherRole,
                    fingerprints: [serverCertificate.fingerprint]
                ),
                wallClock: clock,
                estimatesBandwidth: estimatesBandwidth,
                seed: seed
            ),
            at: start
        )
        var server = Session(
            SessionConfiguration(
                connectivity: .lite(serverCredentials, rules),
                certificate: serverCertificate,
                dtls: DTLSParameters(
                    role: publisherRole == .client ? .server : .client,
                    fingerprints: [expectedByServer ?? publisherCertificate.fingerprint]
                ),
                liveness: liveness,
                wallClock: clock,
                feedbackSSRC: 0xFEED_0001,
                maximumBitrate: maximumBitrate,
                estimatesBandwidth: estimatesBandwidth,
                seed: seed &+ 1
            ),
            at: start
        )
        let codec = recovery.codec
        func parameters(ssrc: UInt32, rid: String?) -> SendStreamParameters {
            SendStreamParameters(
                kind: .video,
                mid: "1",
                rid: rid,
                ssrc: ssrc,
                retransmissionSSRC: codec.retransmissionPayloadType.map { _ in ssrc + 1 },
                codec: codec,
                extensions: recovery.extensions,
                cname: "publisher"
            )
        }
        stream = try publisher.addSendStream(parameters(ssrc: Self.ssrc, rid: recovery == .layers ? "0" : nil))
        lowStream =
            recovery == .layers ? try publisher.addSendStream(parameters(ssrc: Self.lowSSRC, rid: "1")) : nil
        video = try server.addReceiveTrack(
            ReceiveTrackParameters(
                kind: .video,
                mid: "1",
                codecs: [codec],
                encodings: recovery.encodings,
                extensions: recovery.extensions,
                sendsReceiverReferenceTimes: recovery != .none
            )
        )
        network = SimulatedNetwork(
            SimulatedPeer(publisher, at: Self.publisherAddress),
            SimulatedPeer(server, at: Self.serverAddress),
            forward: SimulatedLink(conditions, seed: generator.next(), sparing: spare),
            backward: SimulatedLink(conditions, seed: generator.next(), sparing: spare),
            startingAt: start
        )
    }

    /// Whether both ends have keys.
    var isConnected: Bool { network.left.isConnected && network.right.isConnected }

    /// Sends numbered packets, one in 10 ms; the number is the payload.
    func send(_ numbers: Range<Int>) {
        for number in numbers { send(number, on: stream) }
    }

    /// Sends a numbered packet and lets 10 ms pass.
    func send(_ number: Int, on stream: SendStreamIndex) {
        let packet = OutgoingRTP(
            payloadType: 96,
            marker: number % 4 == 3,
            sequenceNumber: UInt16(truncatingIfNeeded: 65_000 + number),
            timestamp: UInt32(truncatingIfNeeded: number / 4 * 6_000)
        )
        let payload = withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) } + [UInt8](repeating: 7, count: 200)
        network.left.send(packet, payload: payload, on: stream, at: network.now)
        network.run(for: .milliseconds(10))
    }

    /// The numbers that the server received, in the order of their arrival.
    var receivedNumbers: [Int] {
        network.right.media.map { media in
            media.payload.prefix(8).reduce(0) { $0 << 8 | Int($1) }
        }
    }
}

extension PublishingPair.Recovery {
    /// What the two agreed on.
    fileprivate var codec: RTPCodec {
        let feedback: [RTCPFeedback] =
            switch self {
            case .none: [.pictureLossIndication]
            case .bySendTimes: [.pictureLossIndication, .nack, .receiverEstimatedMaximumBitrate]
            default: [.pictureLossIndication, .nack, .transportWide, .receiverEstimatedMaximumBitrate]
            }
        return RTPCodec(
            kind: .video,
            name: "VP8",
            payloadType: 96,
            clockRate: 90_000,
            feedback: feedback,
            retransmissionPayloadType: [.none, .plain, .layers].contains(self) ? nil : 97
        )
    }

    fileprivate var encodings: [RTPEncoding] {
        switch self {
        case .layers: [RTPEncoding(rid: "0"), RTPEncoding(rid: "1")]
        case .announced, .bySendTimes: [RTPEncoding(retransmissionSSRC: PublishingPair.ssrc + 1)]
        case .none, .plain, .byIdentifiers, .byPayloadType: [RTPEncoding()]
        }
    }

    fileprivate var extensions: HeaderExtensionMap {
        var extensions = HeaderExtensionMap()
        if self != .byPayloadType { extensions[.mid] = 1 }
        if self == .layers { extensions[.rtpStreamID] = 2 }
        if self == .bySendTimes {
            extensions[.absSendTime] = 4
        } else if self != .none {
            extensions[.transportSequenceNumber] = 3
        }
        return extensions
    }
}

/// The certificates of the tests, made once.
enum Certificates {
    static let publisher = Result { try Certificate.makeSelfSigned() }
    static let server = Result { try Certificate.makeSelfSigned() }
    static let stranger = Result { try Certificate.makeSelfSigned() }
}

/// Whether a datagram is a record of DTLS.
@Sendable
func isDTLS(_ datagram: [UInt8]) -> Bool {
    datagram.first.map { (20...63).contains($0) } ?? false
}
