// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// A session at an address of the simulated network, with what it has seen.
package final class SimulatedPeer {
    /// A media packet as it was received.
    package struct Media: Sendable {
        /// Its header and place.
        package var packet: ReceivedPacket
        /// Its payload.
        package var payload: [UInt8]
    }

    /// The session.
    package var session: Session
    /// The address it sends from.
    package let address: TransportAddress
    /// Every event so far.
    package private(set) var events: [SessionEvent] = []
    /// Every media packet so far.
    package private(set) var media: [Media] = []
    /// Datagrams that wait to be put on the network.
    var outbox: [SimulatedLink.Datagram] = []
    /// The moment at which the session wants to be called again.
    package private(set) var deadline: MonotonicTime?

    /// Makes a peer.
    ///
    /// - Parameters:
    ///   - session: its session.
    ///   - address: the address it sends from.
    package init(_ session: consuming Session, at address: TransportAddress) {
        self.session = session
        self.address = address
    }

    /// Whether keys exist.
    package var isConnected: Bool { session.isConnected }

    /// Whether the session has ended and has nothing more to say.
    package var isFinished: Bool { session.isFinished }

    /// Why the session ended, if it did.
    package var closeReason: SessionCloseReason? {
        for case .closed(let reason) in events { return reason }
        return nil
    }

    /// How often the peer asked one of our streams for a key frame.
    package var keyFrameRequests: Int {
        events.count { event in
            if case .keyFrameRequested = event { true } else { false }
        }
    }

    /// Sends one media packet; answers whether the session took it.
    @discardableResult
    package func send(
        _ packet: OutgoingRTP,
        payload: [UInt8],
        on stream: SendStreamIndex,
        at now: MonotonicTime
    ) -> Bool {
        var destination: TransportAddress?
        let bytes = [UInt8](rawCapacity: 2048) { output in
            destination = session.send(packet, payload: payload.span.bytes, on: stream, at: now, into: &output)
        }
        guard let destination else { return false }
        outbox.append(SimulatedLink.Datagram(source: address, destination: destination, bytes: bytes))
        return true
    }

    /// Takes the datagrams that wait to be put on the network.
    package func takeOutbox() -> [SimulatedLink.Datagram] {
        defer { outbox.removeAll(keepingCapacity: true) }
        return outbox
    }

    /// Lets the session take a datagram.
    package func receive(_ datagram: SimulatedLink.Datagram, at now: MonotonicTime) {
        var bytes = datagram.bytes
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        // A drop is counted by the session and visible in its statistics.
        guard case .media(let packet)? = try? session.receive(&raw, from: datagram.source, at: now) else { return }
        let payload = raw.bytes.extracting(packet.payload).toArray()
        media.append(Media(packet: packet, payload: payload))
    }

    /// Drains the session.
    package func poll(at now: MonotonicTime) {
        session.advance(to: now)
        while true {
            var output = Session.Output.wait(until: nil)
            let bytes = [UInt8](rawCapacity: 2048) { output = session.poll(into: &$0) }
            switch output {
            case .transmit(let destination):
                outbox.append(SimulatedLink.Datagram(source: address, destination: destination, bytes: bytes))
            case .event(let event):
                events.append(event)
            case .wait(let until):
                deadline = until
                return
            }
        }
    }
}

extension [UInt8] {
    /// Makes an array from what is written into a raw buffer.
    package init(rawCapacity: Int, _ write: (inout OutputRawSpan) -> Void) {
        self.init(unsafeUninitializedCapacity: rawCapacity) { buffer, count in
            var output = OutputRawSpan(
                buffer: UnsafeMutableRawBufferPointer(buffer),
                initializedCount: 0
            )
            write(&output)
            count = output.finalize(for: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
