// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The packet types of RTCP that this project speaks (RFC 3550 §12.1, RFC 4585 §6.1, RFC 3611 §2).
enum RTCPPacketType {
    static let senderReport: UInt8 = 200
    static let receiverReport: UInt8 = 201
    static let sourceDescription: UInt8 = 202
    static let goodbye: UInt8 = 203
    static let transportFeedback: UInt8 = 205
    static let payloadFeedback: UInt8 = 206
    static let extendedReport: UInt8 = 207
}

/// The formats of transport-layer feedback (RFC 4585 §6.2; 15 as libwebrtc uses it).
enum TransportFeedbackFormat {
    static let nack: UInt8 = 1
    static let transportWide: UInt8 = 15
}

/// The formats of payload-specific feedback (RFC 4585 §6.3, RFC 5104 §4.3.1).
enum PayloadFeedbackFormat {
    static let pictureLossIndication: UInt8 = 1
    static let fullIntraRequest: UInt8 = 4
    static let applicationLayer: UInt8 = 15
}
