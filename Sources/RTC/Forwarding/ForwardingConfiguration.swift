// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Which outgoing payload type stands for each incoming one: a table.
package struct PayloadTypeMap: Sendable, BitwiseCopyable {
    /// Outgoing payload types by incoming one; 0xFF where it is not forwarded.
    private var outgoing: InlineArray<128, UInt8>

    /// Makes a table that forwards nothing.
    package init() {
        outgoing = InlineArray(repeating: 0xFF)
    }

    /// The outgoing payload type for an incoming one; `nil` where it is not forwarded.
    package subscript(_ incoming: UInt8) -> UInt8? {
        get {
            let value = outgoing[Int(incoming & 0x7F)]
            return value == 0xFF ? nil : value
        }
        set { outgoing[Int(incoming & 0x7F)] = newValue.map { $0 & 0x7F } ?? 0xFF }
    }
}

/// How an incoming stream becomes an outgoing one.
package struct ForwardingConfiguration: Sendable, BitwiseCopyable {
    /// Which payload types are forwarded, and as what.
    package var payloadTypes: PayloadTypeMap
    /// The layout of the payloads.
    package var format: PayloadFormat
    /// The clock of the timestamps.
    package var clock: RTPClock
    /// Whether nothing is forwarded before a key frame, at the beginning and after each change of the source.
    package var waitsForKeyFrame: Bool
    /// Whether an IDR picture of H264 that comes without parameter sets gets the known ones before it.
    package var insertsParameterSets: Bool
    /// The first outgoing sequence number.
    package var firstSequenceNumber: UInt16
    /// The first outgoing timestamp.
    package var firstTimestamp: UInt32

    /// Makes a configuration for one codec.
    ///
    /// - Parameters:
    ///   - incoming: the codec with the payload type that it comes with.
    ///   - outgoing: the same codec with the payload type to be sent.
    ///   - waitsForKeyFrame: whether nothing is forwarded before a key frame.
    ///   - generator: gives the first sequence number and timestamp.
    package init(
        from incoming: RTPCodec,
        to outgoing: RTPCodec,
        waitsForKeyFrame: Bool,
        using generator: inout some RandomNumberGenerator
    ) {
        payloadTypes = PayloadTypeMap()
        payloadTypes[incoming.payloadType] = outgoing.payloadType
        format = PayloadFormat(of: outgoing)
        clock = RTPClock(rate: outgoing.clockRate)
        self.waitsForKeyFrame = waitsForKeyFrame
        insertsParameterSets = format == .h264
        // Far from both ends: packets before the first one need room, and losses around the first wrap would make the
        // receiver's guess of the roll-over counter a gamble (RFC 3711 §3.3.1).
        firstSequenceNumber = UInt16.random(in: 4096..<32768, using: &generator)
        firstTimestamp = UInt32.random(in: .min ... .max, using: &generator)
    }
}
