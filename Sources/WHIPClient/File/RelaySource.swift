// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC
internal import RTCDriver

/// Sends on the RTP packets that another program sends to a port of ours, as they come.
///
/// Numbers and timestamps are that program's, so what its queue — the port's buffer — could not hold shows as a loss.
package struct RelaySource: MediaSource {
    /// How often an empty port is looked at.
    private static let interval: Duration = .milliseconds(4)
    /// How many datagrams are looked at in a call, most of which ought to be packets.
    private static let datagramsPerCall = 64
    /// How many datagrams may wait in the port's buffer.
    private static let mostWaiting = 8_192

    private let receiver: LoopbackReceiver
    private let incomingPayloadType: UInt8
    private let payloadType: UInt8
    private var datagram = [UInt8](repeating: 0, count: 2_048)
    private var ssrc: UInt32?
    /// When to look at the port; `nil` before the start.
    package private(set) var deadline: MonotonicTime?

    /// Makes a source.
    ///
    /// - Parameters:
    ///   - receiver: where the packets come in.
    ///   - incoming: the payload type that they have.
    ///   - payloadType: the payload type that was agreed on.
    package init(_ receiver: LoopbackReceiver, incoming: UInt8, payloadType: UInt8) {
        self.receiver = receiver
        incomingPayloadType = incoming
        self.payloadType = payloadType
    }

    package mutating func start(at now: MonotonicTime) {
        // What came before anybody could see it is no longer of interest.
        for _ in 0..<Self.mostWaiting where receive() == nil { break }
        ssrc = nil
        deadline = now
    }

    package mutating func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP? {
        for _ in 0..<Self.datagramsPerCall {
            guard let count = receive() else { break }
            guard let (header, range) = packet(ofLength: count), range.count <= payload.freeCapacity else { continue }
            payload.append(contentsOf: datagram.span.bytes.extracting(range))
            ssrc = header.ssrc
            return OutgoingRTP(
                payloadType: payloadType,
                marker: header.marker,
                sequenceNumber: header.sequenceNumber,
                timestamp: header.timestamp
            )
        }
        deadline = now + Self.interval
        return nil
    }

    /// Another program's encoder can't be asked for anything; it makes a key frame each second.
    package mutating func keyFrameRequested(at now: MonotonicTime) {}

    /// The header and payload of what was received; `nil` where it is no packet of ours.
    private func packet(ofLength count: Int) -> (RTPHeader, Range<Int>)? {
        let packet = datagram.span.bytes.extracting(0..<count)
        guard let header = try? RTPHeader(parsing: packet), header.payloadType == incomingPayloadType,
            let range = try? header.payloadRange(of: packet), !range.isEmpty, header.ssrc == ssrc ?? header.ssrc
        else { return nil }
        return (header, range)
    }

    private mutating func receive() -> Int? {
        datagram.withUnsafeMutableBytes { receiver.receive(into: $0) }
    }
}
