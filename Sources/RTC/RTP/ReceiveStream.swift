// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// One RTP stream on its way in: counts its packets as RFC 3550 §A.1, §A.3 and §A.8 do, and reports on them.
///
/// There is no probation: the packets were authenticated before they are counted.
package struct ReceiveStream: Sendable, BitwiseCopyable {
    /// The SSRC.
    package let ssrc: UInt32
    /// The clock of its timestamps; may change with the payload type.
    package var clock: RTPClock
    /// What came in so far.
    package private(set) var statistics = ReceiveStatistics()
    /// The last report of the sender.
    package private(set) var lastSenderReport: ArrivedSenderReport?

    /// The highest sequence number, counted from a cycle below which early reordering has room.
    private var highest: Int64 = 0
    /// The first one of the present counting.
    private var base: Int64 = 0
    private var received: Int64 = 0
    private var expectedPrior: Int64 = 0
    private var receivedPrior: Int64 = 0
    /// The number that would confirm a restart (RFC 3550 §A.1).
    private var restart: UInt16?
    /// The transit time of the last packet in order, in ticks.
    private var transit: UInt32 = 0
    /// The jitter in 1/16 ticks.
    private var scaledJitter: UInt32 = 0

    /// A jump of more than this is a restart, not loss (RFC 3550 §A.1).
    static let maximumDropout = 3000
    /// A step back of more than this is a restart, not reordering; wider than RFC 3550 has it, for retransmissions.
    static let maximumMisorder = 2048

    /// Makes a stream that has received nothing yet.
    ///
    /// - Parameters:
    ///   - ssrc: its SSRC.
    ///   - clockRate: ticks of its timestamps per second.
    package init(ssrc: UInt32, clockRate: UInt32) {
        self.ssrc = ssrc
        clock = RTPClock(rate: clockRate)
    }

    /// The interarrival jitter in ticks.
    package var jitter: UInt32 { scaledJitter >> 4 }

    /// Packets that were expected but did not come; below zero when some came twice.
    package var cumulativeLost: Int64 { expected - received }

    /// The highest sequence number with its cycles, as report blocks carry it.
    package var extendedHighestSequenceNumber: UInt32 { UInt32(truncatingIfNeeded: highest - Self.firstCycle) }

    /// Counts a packet.
    ///
    /// - Parameters:
    ///   - header: its header.
    ///   - payloadLength: the length of its payload.
    ///   - now: the moment it came in.
    /// - Returns: whether it is the newest by its number.
    @discardableResult
    package mutating func receive(_ header: RTPHeader, payloadLength: Int, at now: MonotonicTime) -> Bool {
        statistics.packets += 1
        statistics.octets += UInt64(payloadLength)
        statistics.lastPacketAt = now
        guard statistics.packets > 1 else {
            start(at: header.sequenceNumber)
            received = 1
            transit = transit(of: header, at: now)
            return true
        }
        guard let isInOrder = place(header.sequenceNumber) else { return false }
        received += 1
        if isInOrder { updateJitter(with: transit(of: header, at: now)) }
        return isInOrder
    }

    /// Takes a report of the sender.
    ///
    /// - Parameters:
    ///   - report: the report.
    ///   - now: the moment it came in.
    package mutating func receive(_ report: SenderReport, at now: MonotonicTime) {
        lastSenderReport = ArrivedSenderReport(report: report, arrivedAt: now)
    }

    /// What to tell the sender; begins a new interval for the fraction of lost packets.
    ///
    /// - Parameter now: the moment of the report.
    /// - Returns: the report block.
    package mutating func makeReportBlock(at now: MonotonicTime) -> ReportBlock {
        ReportBlock(
            ssrc: ssrc,
            fractionLost: takeFractionLost(),
            cumulativeLost: Int32(clamping: max(-0x80_0000, min(cumulativeLost, 0x7F_FFFF))),
            highestSequenceNumber: extendedHighestSequenceNumber,
            jitter: jitter,
            lastSenderReport: lastSenderReport?.report.ntp.compact ?? 0,
            delaySinceLastSenderReport: lastSenderReport?.delay(at: now) ?? 0
        )
    }
}

extension ReceiveStream {
    /// The cycle that counting begins in.
    private static let firstCycle: Int64 = 1 << 16

    private var expected: Int64 { statistics.packets == 0 ? 0 : highest - base + 1 }

    private mutating func start(at sequenceNumber: UInt16) {
        highest = Self.firstCycle + Int64(sequenceNumber)
        base = highest
        received = 0
        expectedPrior = 0
        receivedPrior = 0
        restart = nil
    }

    /// Places a packet; says whether it is the newest, `nil` when it does not count.
    private mutating func place(_ sequenceNumber: UInt16) -> Bool? {
        let step = Int(Int16(bitPattern: sequenceNumber &- UInt16(truncatingIfNeeded: highest)))
        if step > 0, step < Self.maximumDropout {
            highest += Int64(step)
            restart = nil
            return true
        }
        if step <= 0, step > -Self.maximumMisorder {
            base = min(base, highest + Int64(step))
            return false
        }
        guard sequenceNumber == restart else {
            restart = sequenceNumber &+ 1
            return nil
        }
        start(at: sequenceNumber)
        return true
    }

    private func transit(of header: RTPHeader, at now: MonotonicTime) -> UInt32 {
        UInt32(truncatingIfNeeded: clock.ticks(nanoseconds: now.nanoseconds)) &- header.timestamp
    }

    /// RFC 3550 §A.8, in the form with rounding.
    private mutating func updateJitter(with newTransit: UInt32) {
        let difference = Int32(bitPattern: newTransit &- transit).magnitude
        transit = newTransit
        // A jump of the timestamps says nothing of the network.
        guard difference < clock.rate &* 10 else { return }
        scaledJitter = scaledJitter &+ difference &- ((scaledJitter &+ 8) >> 4)
    }

    /// RFC 3550 §A.3.
    private mutating func takeFractionLost() -> UInt8 {
        let expectedInterval = expected - expectedPrior
        let lostInterval = expectedInterval - (received - receivedPrior)
        expectedPrior = expected
        receivedPrior = received
        guard expectedInterval > 0, lostInterval > 0 else { return 0 }
        return UInt8(clamping: (lostInterval << 8) / expectedInterval)
    }
}

/// What an incoming stream has received.
package struct ReceiveStatistics: Hashable, Sendable, BitwiseCopyable {
    /// Packets.
    package var packets: UInt64 = 0
    /// Payload octets.
    package var octets: UInt64 = 0
    /// The moment of the last packet.
    package var lastPacketAt: MonotonicTime?
}

/// A sender report and when it came in.
package struct ArrivedSenderReport: Hashable, Sendable, BitwiseCopyable {
    /// The report.
    package var report: SenderReport
    /// The moment it came in.
    package var arrivedAt: MonotonicTime

    /// The time since then in 1/65536 s, at most what 32 bits can say.
    func delay(at now: MonotonicTime) -> UInt32 { NTPTime.compact(now - arrivedAt) }
}
