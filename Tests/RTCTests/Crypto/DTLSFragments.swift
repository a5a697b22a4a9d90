// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Cuts handshake messages into fragments (RFC 6347 §4.2.3).
enum DTLSFragments {
    /// The datagrams, one fragment each, that say the same as a datagram with one unencrypted handshake message.
    static func split(_ datagram: Datagram, into count: Int) -> [Datagram] {
        let record = datagram[..<13]
        let message = datagram[13..<25]
        let body = Array(datagram[25...])
        let length = (body.count + count - 1) / count
        return (0..<count).map { place in
            let range = min(place * length, body.count)..<min((place + 1) * length, body.count)
            var fragment = Datagram(record.prefix(10))
            // Record numbers that the sender's later records don't take, within the receiver's window of 64.
            fragment.append(UInt8(20 + place))
            fragment += bytes(12 + range.count, 2)
            fragment += message.prefix(6)
            fragment += bytes(range.lowerBound, 3) + bytes(range.count, 3)
            return fragment + body[range]
        }
    }

    private static func bytes(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
