// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a session's packets are in plain, for whoever records them.
package struct PlainRecord: Sendable {
    /// How many bytes of the datagram that was taken last are its packet in plain; 0 where it was not decrypted.
    package internal(set) var receivedLength = 0
    /// Whether packets that `poll(into:)` writes are kept in plain; those of `send` their owner has.
    package var keepsSent = false {
        didSet { if keepsSent { sent.reserveCapacity(Self.longestPacket) } else { sent = [] } }
    }
    /// The packet that was written last, in plain; empty where it was of another protocol, or sent again as it had left.
    package private(set) var sent: [UInt8] = []

    private static let longestPacket = 2_048

    /// Forgets the packet that was written last, before the next one is.
    package mutating func forget() { sent.removeAll(keepingCapacity: true) }

    /// Keeps a packet that is about to be protected.
    ///
    /// - Parameters:
    ///   - packet: the packet, or its beginning.
    ///   - rest: what follows.
    mutating func keep(_ packet: RawSpan, _ rest: RawSpan = RawSpan()) {
        guard keepsSent else { return }
        sent.removeAll(keepingCapacity: true)
        for index in 0..<packet.byteCount { sent.append(packet.byte(at: index)) }
        for index in 0..<rest.byteCount { sent.append(rest.byte(at: index)) }
    }
}
