// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import Gateway
@testable import RTC
@testable import RTCDriver

extension StatisticsReading {
    /// A broadcast of sound and pictures after so many seconds: 50 packets a second of sound, 30 frames of two packets.
    ///
    /// - Parameters:
    ///   - second: since it began.
    ///   - edit: changes what was read of the publisher's way and of the one to the SFU.
    /// - Returns: what is read then.
    static func example(
        _ second: Int,
        _ edit: (inout MediaSessionStatistics, inout MediaSessionStatistics) -> Void = { _, _ in }
    ) -> StatisticsReading {
        var (publisher, sfu) = (MediaSessionStatistics.publisher(second), MediaSessionStatistics.sfu(second))
        edit(&publisher, &sfu)
        var transport = BroadcastReport.Transport(side: .publisher)
        transport.ice = .connected
        transport.dtls = .connected
        return StatisticsReading(
            time: Date(timeIntervalSince1970: 1_790_000_000 + Double(second)),
            moment: MonotonicTime(nanoseconds: UInt64(second + 100) * 1_000_000_000),
            ways: [
                Way(transport: transport, media: publisher),
                Way(transport: BroadcastReport.Transport(side: .sfu("t1")), media: sfu),
            ]
        )
    }
}

extension MediaSessionStatistics {
    static let opus = RTPCodec(kind: .audio, name: "opus", payloadType: 111, clockRate: 48_000, channels: 2)
    static let h264 = RTPCodec(
        kind: .video,
        name: "H264",
        payloadType: 96,
        clockRate: 90_000,
        parameters: [FormatParameter("packetization-mode", "1")],
        retransmissionPayloadType: 97
    )

    private static func nothing(_ second: Int) -> MediaSessionStatistics {
        MediaSessionStatistics(
            session: SessionStatistics(),
            selectedAddress: TransportAddress(IPAddress(ipv4: 0xC000_0211), port: 50_000),
            isConnected: true,
            silence: .zero,
            incoming: [],
            outgoing: [],
            pictures: [],
            layers: [],
            roundTripTime: .milliseconds(20),
            availableBitrate: nil,
            congestion: nil,
            pacing: nil
        )
    }

    fileprivate static func publisher(_ second: Int) -> MediaSessionStatistics {
        var statistics = nothing(second)
        func stream(_ track: Int, _ ssrc: UInt32, _ codec: RTPCodec, _ packets: UInt64) -> IncomingStreamStatistics {
            IncomingStreamStatistics(
                track: TrackIndex(track),
                encoding: EncodingIndex(0),
                ssrc: ssrc,
                mid: "\(track)",
                codec: codec,
                packets: packets,
                octets: packets * 100,
                lost: 0,
                recovered: 0,
                retransmitted: PacketCount(),
                jitter: .milliseconds(2),
                feedback: FeedbackCounters(),
                isCaptureReported: false
            )
        }
        statistics.incoming = [
            stream(0, 1_000, opus, UInt64(50 * second)), stream(1, 2_000, h264, UInt64(60 * second)),
        ]
        var frames = FrameCount()
        frames.frames = UInt64(30 * second)
        frames.keyFrames = UInt64(second + 1) / 2
        frames.keyFrameInterval = second > 2 ? .seconds(2) : nil
        statistics.pictures = [
            PictureStatistics(
                track: TrackIndex(1),
                encoding: EncodingIndex(0),
                frames: frames,
                size: PictureSize(width: 1_280, height: 720),
                profileLevel: .constrainedBaseline31
            )
        ]
        return statistics
    }

    fileprivate static func sfu(_ second: Int) -> MediaSessionStatistics {
        var statistics = nothing(second)
        var video = OutgoingStreamStatistics.example(h264, ssrc: 4_000)
        video.packets = UInt64(60 * second)
        video.octets = UInt64(6_000 * second)
        video.retransmitted = PacketCount(packets: UInt64(second), octets: UInt64(100 * second))
        statistics.outgoing = [video]
        return statistics
    }
}

extension OutgoingStreamStatistics {
    /// A stream that has sent nothing yet, of which its receiver has reported.
    static func example(_ codec: RTPCodec, ssrc: UInt32) -> OutgoingStreamStatistics {
        OutgoingStreamStatistics(
            stream: SendStreamIndex(0),
            parameters: SendStreamParameters(
                kind: codec.kind,
                mid: "0",
                ssrc: ssrc,
                retransmissionSSRC: ssrc + 1,
                codec: codec,
                extensions: HeaderExtensionMap(),
                cname: "c"
            ),
            packets: 0,
            octets: 0,
            retransmitted: PacketCount(),
            frames: FrameCount(),
            lost: 3,
            fractionLost: 0.125,
            remoteJitter: .milliseconds(5),
            roundTripTime: .milliseconds(30),
            feedback: FeedbackCounters()
        )
    }
}
