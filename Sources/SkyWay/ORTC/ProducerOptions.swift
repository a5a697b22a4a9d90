// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPKit

/// What is told to the SFU about a stream that will be sent (protocol page §7.4).
package struct ProducerOptions: Hashable, Sendable, Encodable {
    package var kind: String
    package var rtpParameters: RTPParameters
    package var appData: [String: String]
}

/// RTP parameters as mediasoup reads them.
package struct RTPParameters: Hashable, Sendable, Encodable {
    /// The media codec of the stream, or its retransmission.
    package struct Codec: Hashable, Sendable, Encodable {
        package var mimeType: String
        package var payloadType: UInt8
        package var clockRate: UInt32
        /// Audio only.
        package var channels: UInt8?
        /// Strings and numbers; mediasoup takes no booleans.
        package var parameters: [String: JSONValue]
        package var rtcpFeedback: [RTPFeedback]

        /// The codec of its retransmissions, with their payload type (RFC 4588).
        func retransmitted(as payloadType: UInt8) -> Codec {
            Codec(
                mimeType: "\(mimeType.prefix { $0 != "/" })/rtx",
                payloadType: payloadType,
                clockRate: clockRate,
                channels: channels,
                parameters: ["apt": .integer(Int64(self.payloadType))],
                rtcpFeedback: []
            )
        }
    }

    /// A header extension of the stream.
    package struct HeaderExtension: Hashable, Sendable, Encodable {
        package var uri: String
        package var id: UInt8
        package var encrypt = false
        package var parameters: [String: String] = [:]
    }

    /// A layer of the stream.
    package struct Encoding: Hashable, Sendable, Encodable {
        /// The stream of its retransmissions.
        package struct Retransmission: Hashable, Sendable, Encodable {
            package var ssrc: UInt32
        }

        package var ssrc: UInt32
        package var rtx: Retransmission?
        package var dtx: Bool?
    }

    /// The source of the stream.
    package struct RTCP: Hashable, Sendable, Encodable {
        package var cname: String
        package var reducedSize = true
    }

    package var mid: String
    package var codecs: [Codec]
    package var headerExtensions: [HeaderExtension]
    package var encodings: [Encoding]
    package var rtcp: RTCP
}
