// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCTesting

@testable import RTCDriver

/// A viewer of the SFU, over a leg that loses nothing, so that it sees what the consumer is sent.
///
/// It asks for a key frame as libwebrtc does: when it has been sent packets for 3 s without being able to show anything.
final class ChainViewer {
    private static let patience: Duration = .seconds(3)

    let peer: SimulatedPeer
    /// The SFU's end.
    let transport: VirtualSession
    let stream: SendStreamIndex
    let leg: ChainLeg
    private(set) var log: FrameLog
    /// When the SFU began to send it the picture.
    var joinedAt: MonotonicTime?
    private let track: TrackIndex
    private var mediaTaken = 0
    private var askedAt: MonotonicTime?

    init(number: Int, _ plan: ChainPlan, layer: Int, on sfu: VirtualWorker, at now: MonotonicTime) throws {
        log = FrameLog(layer: layer)
        let ends = try ChainEnds(seed: 1_000 + UInt64(number))
        let address = TransportAddress(IPAddress(ipv4: 0x0a00_0200 + UInt32(number)), port: 50_000)
        peer = SimulatedPeer(Session(ends.viewer, at: now), at: address)
        transport = try sfu.open(ends.consumer, at: ChainEnds.sfuAddress)
        leg = ChainLeg(peer, transport, delay: .milliseconds(1), seed: UInt64(number))
        track = try peer.session.addReceiveTrack(plan.consume)
        stream = try transport.peer.session.addSendStream(plan.consumed)
    }

    /// Whether both ends have keys.
    var isConnected: Bool { peer.isConnected && transport.peer.session.isConnected }

    /// Takes what has come.
    func turn(at now: MonotonicTime) {
        for media in peer.media[mediaTaken...] { log.receive(media.payload, at: media.packet.receivedAt) }
        mediaTaken = peer.media.count
        let last = max(log.lastProgress, askedAt)
        if let last, now - last >= Self.patience {
            requestKeyFrame(at: now)
            askedAt = now
        }
        peer.poll(at: now)
    }

    /// Asks the SFU for a key frame.
    func requestKeyFrame(at now: MonotonicTime) {
        peer.session.requestKeyFrame(of: track, encoding: EncodingIndex(0), at: now)
    }

    /// The time from its joining to the first frame that it could show.
    var firstFrameAfter: Duration? {
        guard let joinedAt, let first = log.shown.first else { return nil }
        return first.at - joinedAt
    }

    private func max(_ first: MonotonicTime?, _ second: MonotonicTime?) -> MonotonicTime? {
        guard let first, let second else { return first ?? second }
        return first > second ? first : second
    }
}
