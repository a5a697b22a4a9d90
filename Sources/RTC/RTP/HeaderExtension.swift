// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A header extension that this project understands.
package enum HeaderExtension: UInt8, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// The media id of the m-section (RFC 8843 §15.2).
    case mid
    /// The id of a layer (RFC 8852).
    case rtpStreamID
    /// The id of the layer that a retransmission repairs (RFC 8852).
    case repairedRTPStreamID
    /// The moment of sending, 24 bits.
    case absSendTime
    /// The number of the packet on its transport.
    case transportSequenceNumber
    /// The loudness of the packet (RFC 6464).
    case audioLevel
    /// How the picture is to be turned (3GPP TS 26.114).
    case videoOrientation
    /// The moment of capture.
    case absCaptureTime
    /// The least and greatest delay before playing.
    case playoutDelay

    /// The URI that names the extension in SDP and in RTP capabilities.
    package var uri: String {
        switch self {
        case .mid: "urn:ietf:params:rtp-hdrext:sdes:mid"
        case .rtpStreamID: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
        case .repairedRTPStreamID: "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
        case .absSendTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
        case .transportSequenceNumber:
            "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
        case .audioLevel: "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
        case .videoOrientation: "urn:3gpp:video-orientation"
        case .absCaptureTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
        case .playoutDelay: "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
        }
    }

    /// The extension with this URI; `nil` for one that this project leaves alone.
    package init?(uri: String) {
        guard let match = Self.allCases.first(where: { $0.uri == uri }) else { return nil }
        self = match
    }

    /// Whether the extension speaks of the media from end to end, so that a forwarder copies it.
    package var isEndToEnd: Bool {
        switch self {
        case .audioLevel, .videoOrientation, .absCaptureTime, .playoutDelay: true
        case .mid, .rtpStreamID, .repairedRTPStreamID, .absSendTime, .transportSequenceNumber: false
        }
    }
}
