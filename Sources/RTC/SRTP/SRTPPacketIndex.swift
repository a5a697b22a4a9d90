// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The 48-bit index of an RTP packet: how often its sequence number has wrapped, and the sequence number.
enum SRTPPacketIndex {
    /// The first index there is no more.
    static let limit: UInt64 = 1 << 48

    /// The index with a sequence number that lies nearest to the highest so far (RFC 3711 §3.3.1); negative before
    /// the stream's beginning.
    static func nearest(to highest: UInt64, sequenceNumber: UInt16) -> Int64 {
        let distance = Int16(bitPattern: sequenceNumber &- UInt16(truncatingIfNeeded: highest))
        return Int64(highest) + Int64(distance)
    }
}
