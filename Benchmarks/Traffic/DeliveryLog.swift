// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC
internal import RTCDriver
internal import Synchronization

/// What has arrived at one end: counts, failures and delays.
package struct DeliveryReport: Sendable {
    /// Packets that arrived.
    package var received = 0
    /// Of them, those whose bytes were not the sent ones.
    package var damaged = 0
    /// Of them, those that came after a later one of their stream, or twice.
    package var misplaced = 0
    /// Of them, those whose numbers do not follow from the sent ones as those before did.
    package var misnumbered = 0
    /// The one-way delays of the packets.
    package var delays = DelayHistogram()

    /// Whether every packet was as it was sent.
    package var isClean: Bool { damaged == 0 && misplaced == 0 && misnumbered == 0 }

    /// Makes a report of nothing.
    package init() {}
}

/// Checks every packet that arrives at one end.
package final class DeliveryLog: Sendable {
    fileprivate struct Stream {
        var next: UInt64?
        var sequenceShift: UInt16 = 0
        var timestampShift: UInt32 = 0
    }

    fileprivate struct State {
        var streams: [Stream?] = []
        var streamCount = 0
        var report = DeliveryReport()
    }

    private let state = Mutex(State())

    /// Makes an empty log.
    package init() {}

    /// Takes a packet.
    ///
    /// - Parameters:
    ///   - header: its header as it arrived.
    ///   - payload: its payload in plain.
    ///   - viewer: who got it, where several get the packets of one publisher.
    package func receive(_ header: RTPHeader, payload: RawSpan, viewer: Int = 0) {
        let content = PacketContent(stampOf: payload)
        let isRight = content?.matches(payload) ?? false
        let now = Clock.now
        state.withLock { state in
            state.report.received += 1
            guard isRight, let content else {
                state.report.damaged += 1
                return
            }
            state.report.delays.add(now - content.sentAt)
            state.check(content, header, viewer)
        }
    }

    /// How many packets have arrived since the last `restart`.
    package var received: Int { state.withLock { $0.report.received } }

    /// From how many streams something has arrived.
    package var streams: Int { state.withLock { $0.streamCount } }

    /// Returns what has arrived, and begins anew; the places of the streams are kept.
    @discardableResult
    package func restart() -> DeliveryReport {
        state.withLock { state in
            defer { state.report = DeliveryReport() }
            return state.report
        }
    }
}

extension DeliveryLog.State {
    fileprivate mutating func check(_ content: PacketContent, _ header: RTPHeader, _ viewer: Int) {
        // Either publishers or viewers are several.
        let index = 2 * (Int(content.publisher) + viewer) + (content.kind == .audio ? 0 : 1)
        while streams.count <= index { streams.append(nil) }
        let sequenceShift = header.sequenceNumber &- UInt16(truncatingIfNeeded: content.number)
        let timestampShift = header.timestamp &- content.timestamp
        guard let stream = streams[index], let next = stream.next else {
            streamCount += 1
            streams[index] = DeliveryLog.Stream(
                next: content.number + 1,
                sequenceShift: sequenceShift,
                timestampShift: timestampShift
            )
            return
        }
        if content.number < next { report.misplaced += 1 }
        if stream.sequenceShift != sequenceShift || stream.timestampShift != timestampShift
            || header.marker != content.marker
        {
            report.misnumbered += 1
        }
        streams[index]?.next = max(next, content.number + 1)
    }
}

/// Hands the packets of a track to a log.
package struct DeliverySink: MediaSink {
    private let log: DeliveryLog
    private let viewer: Int

    /// Makes a sink.
    package init(_ log: DeliveryLog, viewer: Int = 0) {
        self.log = log
        self.viewer = viewer
    }

    package mutating func receive(_ packet: ReceivedPacket, payload: RawSpan) {
        log.receive(packet.header, payload: payload, viewer: viewer)
    }
}
