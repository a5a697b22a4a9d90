// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How a codec lays out its RTP payloads, as far as a forwarder must know.
package enum PayloadFormat: UInt8, Hashable, Sendable, BitwiseCopyable {
    /// RFC 6184.
    case h264
    /// RFC 7741.
    case vp8
    /// RFC 9628.
    case vp9
    /// AOMedia's RTP payload format for AV1.
    case av1
    /// Any other, audio included: each packet can be the first.
    case other

    /// The format of a codec.
    ///
    /// - Parameter codec: the codec, known by its name.
    package init(of codec: RTPCodec) {
        self =
            if codec.isNamed("H264") {
                .h264
            } else if codec.isNamed("VP8") {
                .vp8
            } else if codec.isNamed("VP9") {
                .vp9
            } else if codec.isNamed("AV1") {
                .av1
            } else {
                .other
            }
    }

    /// What a payload holds.
    ///
    /// - Parameter payload: the payload of one packet, without padding.
    /// - Returns: an entry point also for formats in which every packet can be the first.
    package func content(of payload: RawSpan) -> PayloadContent {
        switch self {
        case .h264: H264Payload.content(of: payload)
        case .vp8: VP8Payload.startsKeyFrame(payload) ? [.entryPoint, .keyFrame] : []
        case .vp9: VP9Payload.startsKeyFrame(payload) ? [.entryPoint, .keyFrame] : []
        case .av1: AV1Payload.startsCodedVideoSequence(payload) ? [.entryPoint, .keyFrame] : []
        case .other: payload.byteCount > 0 ? .entryPoint : []
        }
    }
}
