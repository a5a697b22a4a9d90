// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a forwarder or a media source hands to an outgoing stream, which adds the rest of the header.
package struct OutgoingRTP: Sendable, BitwiseCopyable {
    /// The payload type as it is to be sent.
    package var payloadType: UInt8
    /// The marker bit.
    package var marker: Bool
    /// The sequence number.
    package var sequenceNumber: UInt16
    /// The timestamp in the codec's clock.
    package var timestamp: UInt32
    /// Whether it is known to belong to a key frame; counted, not written.
    package var isKeyFrame = false
    /// End-to-end extensions, written where an id was agreed on.
    package var extensions: ForwardedExtensions
    /// When what the timestamp stands for was captured; `nil` where that is the moment of sending.
    package var capturedAt: MonotonicTime?

    /// Makes the fields of an outgoing packet.
    package init(
        payloadType: UInt8,
        marker: Bool,
        sequenceNumber: UInt16,
        timestamp: UInt32,
        extensions: ForwardedExtensions = ForwardedExtensions(),
        capturedAt: MonotonicTime? = nil
    ) {
        self.payloadType = payloadType
        self.marker = marker
        self.sequenceNumber = sequenceNumber
        self.timestamp = timestamp
        self.extensions = extensions
        self.capturedAt = capturedAt
    }
}
