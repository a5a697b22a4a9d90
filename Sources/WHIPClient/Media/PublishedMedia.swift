// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC
package import RTCDriver

/// What a publisher offers and plays.
package struct PublishedMedia: Sendable {
    /// One track: how it is offered, and who makes its packets.
    package struct Track: Sendable {
        /// The codec as it is offered.
        package var codec: RTPCodec
        /// Makes the source once the payload type is agreed on; called on the worker's thread.
        package var makeSource: @Sendable (SendStreamParameters) -> any MediaSource

        /// Makes a track.
        ///
        /// - Parameters:
        ///   - codec: the codec as it is offered.
        ///   - makeSource: makes the source; called on the worker's thread.
        package init(codec: RTPCodec, makeSource: @escaping @Sendable (SendStreamParameters) -> any MediaSource) {
            self.codec = codec
            self.makeSource = makeSource
        }
    }

    /// The tracks, at most one of each kind.
    package var tracks: [Track]
    /// Runs while the media is played and returns when it is over; `nil` for what never ends.
    ///
    /// Begins once the transport is connected and is cancelled when the publication ends.
    package var play: (@Sendable () async throws(WHIPError) -> Void)?

    /// Makes media.
    ///
    /// - Parameters:
    ///   - tracks: the tracks, at most one of each kind.
    ///   - play: runs while the media is played; `nil` for what never ends.
    package init(tracks: [Track], play: (@Sendable () async throws(WHIPError) -> Void)? = nil) {
        self.tracks = tracks
        self.play = play
    }

    /// A clip in an endless loop; any number of publications may share it.
    ///
    /// - Parameters:
    ///   - clip: what to play.
    ///   - counters: where its sources count what happens to them.
    /// - Returns: a track for each kind that the clip has.
    package static func clip(_ clip: Clip, counters: ClipSource.Counters? = nil) -> PublishedMedia {
        let codecs = [RTPCodec.publishedOpus, .publishedH264].filter { !clip.track($0.kind).packets.isEmpty }
        return PublishedMedia(
            tracks: codecs.map { codec in
                Track(codec: codec) { stream in
                    var generator = SystemRandomNumberGenerator()
                    return ClipSource(
                        clip,
                        codec.kind,
                        payloadType: stream.codec.payloadType,
                        counters: counters,
                        using: &generator
                    )
                }
            }
        )
    }
}

extension RTPCodec {
    /// H.264 as OBS offers it: Constrained Baseline 3.1, one NAL unit or fragments of one in a packet; lost packets are
    /// sent again as RFC 4588 has it where the endpoint takes that, else as they were.
    package static let publishedH264 = RTPCodec(
        kind: .video,
        name: "H264",
        payloadType: 96,
        clockRate: 90_000,
        parameters: [
            FormatParameter("level-asymmetry-allowed", "1"),
            FormatParameter("packetization-mode", "1"),
            FormatParameter("profile-level-id", "42e01f"),
        ],
        feedback: [.nack, .pictureLossIndication, .fullIntraRequest],
        retransmissionPayloadType: 97
    )

    /// Opus in stereo.
    package static let publishedOpus = RTPCodec(
        kind: .audio,
        name: "opus",
        payloadType: 111,
        clockRate: 48_000,
        channels: 2,
        parameters: [
            FormatParameter("minptime", "10"),
            FormatParameter("useinbandfec", "1"),
            FormatParameter("stereo", "1"),
            FormatParameter("sprop-stereo", "1"),
        ]
    )
}
