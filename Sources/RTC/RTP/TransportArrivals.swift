// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// When the packets of a transport arrived, by their transport-wide numbers, and which are still to be told
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
package struct TransportArrivals: Sendable {
    /// The least time from a packet to its report, which is less than twice as long.
    ///
    /// Reports are due at multiples of it on the driver's clock: those of all sessions leave in one wake.
    package static let interval: Duration = .milliseconds(50)
    /// How many packets are kept in mind.
    package static let capacity = 2_048
    /// So many packets are told at once.
    private static let urgentCount: Int64 = 1_024
    /// The most bytes of a report.
    private static let maximumLength = 1_150

    /// When the next report is due; `nil` while there is nothing to tell.
    package private(set) var deadline: MonotonicTime?

    /// The arrival of each number in units of 250 µs; 0 where it did not come.
    private var ticks: [UInt64] = []
    private var statuses: [TransportFeedbackStatus] = []
    private var highest: Int64 = 0
    private var firstUntold: Int64 = 0
    private var reports: UInt8 = 0
    /// Bits per second of a link that packets are told to have come through; `nil` to tell the truth.
    package var linkRate: UInt64? {
        didSet { if linkRate == nil { linkFree = MonotonicTime(nanoseconds: 0) } }
    }
    /// When that link is free again.
    private var linkFree = MonotonicTime(nanoseconds: 0)
    /// The longest that a packet is told to have waited for it.
    private static let longestWait: Duration = .milliseconds(400)

    /// Makes a record of nothing.
    package init() {}

    /// Takes note of an authenticated packet.
    ///
    /// - Parameters:
    ///   - number: its transport-wide number.
    ///   - size: its size in bytes.
    ///   - now: when it came.
    package mutating func receive(_ number: UInt16, size: Int = 0, at now: MonotonicTime) {
        if ticks.isEmpty { begin(number) }
        let step = Int64(Int16(bitPattern: number &- UInt16(truncatingIfNeeded: highest)))
        guard step > -Int64(Self.capacity) / 2 else { return }
        let position = highest + step
        if step > 0 { advance(to: position) }
        ticks[Self.place(position)] = max(1, told(size, at: now).nanoseconds / TransportFeedback.tick)
        // What came late is told again, with what lies between.
        firstUntold = min(firstUntold, position)
        if deadline == nil { deadline = (now + Self.interval).roundedUp(toMultipleOf: Self.interval) }
        if highest - firstUntold >= Self.urgentCount { deadline = now }
    }

    /// Appends a report of what has not been told; when it can't hold all, the next one is due at once.
    ///
    /// - Parameters:
    ///   - now: the present moment.
    ///   - senderSSRC: the one who reports.
    ///   - mediaSSRC: a stream of the transport.
    ///   - out: where to append.
    /// - Returns: whether there was anything to tell.
    package mutating func writeReport(
        at now: MonotonicTime,
        senderSSRC: UInt32,
        mediaSSRC: UInt32,
        into out: inout OutputRawSpan
    ) -> Bool {
        let base = firstUntold
        guard !ticks.isEmpty, let first = firstArrival(from: base) else {
            deadline = nil
            return false
        }
        let reference = first / TransportFeedback.ticksPerReference
        let end = collectStatuses(from: base, reference: reference * TransportFeedback.ticksPerReference)
        let start = out.byteCount
        TransportFeedback.writeHead(
            senderSSRC: senderSSRC,
            mediaSSRC: mediaSSRC,
            baseSequenceNumber: UInt16(truncatingIfNeeded: base),
            packetCount: UInt16(statuses.count),
            referenceTime: reference,
            feedbackCount: reports,
            into: &out
        )
        TransportFeedback.writeChunks(statuses.span, into: &out)
        writeDeltas(from: base, to: end, reference: reference * TransportFeedback.ticksPerReference, into: &out)
        TransportFeedback.finish(from: start, in: &out)
        reports &+= 1
        firstUntold = end
        deadline = end > highest ? nil : now
        return true
    }
}

extension TransportArrivals {
    /// When a packet that comes now is told to have come.
    private mutating func told(_ size: Int, at now: MonotonicTime) -> MonotonicTime {
        guard let linkRate else { return now }
        let carried = Duration.nanoseconds(Int64(UInt64(size * 8) * 1_000_000_000 / max(1, linkRate)))
        linkFree = min(max(now, linkFree) + carried, now + Self.longestWait)
        return linkFree
    }

    private static func place(_ position: Int64) -> Int { Int(position) & (capacity - 1) }

    private mutating func begin(_ number: UInt16) {
        ticks = Array(repeating: 0, count: Self.capacity)
        statuses.reserveCapacity(Self.capacity)
        highest = 1 << 16 + Int64(number) - 1
        firstUntold = highest + 1
    }

    private mutating func advance(to position: Int64) {
        for passed in max(highest + 1, position - Int64(Self.capacity) + 1)...position { ticks[Self.place(passed)] = 0 }
        highest = position
        firstUntold = max(firstUntold, highest - Int64(Self.capacity) + 1)
    }

    private func firstArrival(from base: Int64) -> UInt64? {
        var position = base
        while position <= highest {
            if ticks[Self.place(position)] != 0 { return ticks[Self.place(position)] }
            position += 1
        }
        return nil
    }

    /// Says of each packet from `base` on how it is told, until the report is full or a delta can't be told.
    ///
    /// - Returns: the first packet that is left for the next report.
    private mutating func collectStatuses(from base: Int64, reference: UInt64) -> Int64 {
        statuses.removeAll(keepingCapacity: true)
        var (last, length, position) = (reference, TransportFeedback.headLength, base)
        while position <= highest {
            let arrival = ticks[Self.place(position)]
            let status = TransportFeedbackStatus(arrival, after: last)
            // A chunk of two bytes holds seven of the longest symbols.
            let grown = length + status.deltaLength
            guard status != .untellable, grown + 2 * (statuses.count / 7 + 2) <= Self.maximumLength else { break }
            length = grown
            if arrival != 0 { last = arrival }
            statuses.append(status)
            position += 1
        }
        return position
    }

    private func writeDeltas(from base: Int64, to end: Int64, reference: UInt64, into out: inout OutputRawSpan) {
        var last = reference
        for position in base..<end {
            let arrival = ticks[Self.place(position)]
            guard arrival != 0 else { continue }
            let delta = Int64(bitPattern: arrival &- last)
            switch TransportFeedbackStatus(arrival, after: last) {
            case .smallDelta: out.appendByte(UInt8(truncatingIfNeeded: delta))
            case .largeDelta: out.appendUInt16(UInt16(truncatingIfNeeded: delta))
            case .notReceived, .untellable: break
            }
            last = arrival
        }
    }
}
