// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How the arrival of a packet is told (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.1).
enum TransportFeedbackStatus: UInt16, Hashable, Sendable, BitwiseCopyable {
    /// It has not come.
    case notReceived = 0
    /// It came within 63.75 ms after the one before: one byte.
    case smallDelta = 1
    /// It came later, or earlier than the one before: two bytes.
    case largeDelta = 2
    /// Its delta does not fit; a reserved symbol that is never written.
    case untellable = 3

    /// Chooses the form for an arrival.
    ///
    /// - Parameters:
    ///   - arrival: the arrival in ticks; 0 where the packet did not come.
    ///   - last: the arrival of the packet told before, or the reference.
    init(_ arrival: UInt64, after last: UInt64) {
        guard arrival != 0 else {
            self = .notReceived
            return
        }
        let delta = Int64(bitPattern: arrival &- last)
        switch delta {
        case 0...255: self = .smallDelta
        case Int64(Int16.min)...Int64(Int16.max): self = .largeDelta
        default: self = .untellable
        }
    }

    /// How many bytes the delta takes.
    var deltaLength: Int {
        switch self {
        case .smallDelta: 1
        case .largeDelta: 2
        case .notReceived, .untellable: 0
        }
    }
}

extension TransportFeedback {
    /// The unit of deltas in nanoseconds.
    static let tick: UInt64 = 250_000
    /// The unit of the reference time in ticks: 64 ms.
    static let ticksPerReference: UInt64 = 256
    /// The length of everything before the chunks.
    static let headLength = RTCPHeader.length + 16
    /// The longest run that a chunk can tell.
    private static let longestRun = 8_191

    /// Appends everything before the chunks; the length is set by `finish`.
    static func writeHead(
        senderSSRC: UInt32,
        mediaSSRC: UInt32,
        baseSequenceNumber: UInt16,
        packetCount: UInt16,
        referenceTime: UInt64,
        feedbackCount: UInt8,
        into out: inout OutputRawSpan
    ) {
        RTCPHeader.write(
            type: RTCPPacketType.transportFeedback,
            count: TransportFeedbackFormat.transportWide,
            bodyLength: 0,
            into: &out
        )
        out.appendUInt32(senderSSRC)
        out.appendUInt32(mediaSSRC)
        out.appendUInt16(baseSequenceNumber)
        out.appendUInt16(packetCount)
        out.appendUInt24(UInt32(truncatingIfNeeded: referenceTime) & 0xFF_FFFF)
        out.appendByte(feedbackCount)
    }

    /// Appends the status chunks: runs where they are long, else vectors of fourteen or of seven symbols.
    static func writeChunks(_ statuses: Span<TransportFeedbackStatus>, into out: inout OutputRawSpan) {
        var index = 0
        while index < statuses.count {
            let run = runLength(statuses, from: index)
            if run >= 14 || index + run == statuses.count {
                out.appendUInt16(statuses[index].rawValue << 13 | UInt16(run))
                index += run
            } else if isTold(inOneBit: statuses, from: index) {
                index = appendVector(statuses, from: index, symbols: 14, bits: 1, head: 0x8000, into: &out)
            } else {
                index = appendVector(statuses, from: index, symbols: 7, bits: 2, head: 0xC000, into: &out)
            }
        }
    }

    /// Fills up to a multiple of 4 with zeros, and sets the length.
    ///
    /// The zeros are not declared as padding: RTCP pads in whole words (RFC 3550 §6.4.1), and receivers count the
    /// deltas.
    static func finish(from start: Int, in out: inout OutputRawSpan) {
        while (out.byteCount - start) % 4 != 0 { out.appendByte(0) }
        let words = (out.byteCount - start) / 4 - 1
        var bytes = out.mutableBytes
        bytes.setUInt16(UInt16(truncatingIfNeeded: words), at: start + 2)
    }

    private static func runLength(_ statuses: Span<TransportFeedbackStatus>, from start: Int) -> Int {
        var end = start + 1
        while end < statuses.count, statuses[end] == statuses[start], end - start < longestRun { end += 1 }
        return end - start
    }

    private static func isTold(inOneBit statuses: Span<TransportFeedbackStatus>, from start: Int) -> Bool {
        for index in start..<min(start + 14, statuses.count) where statuses[index] == .largeDelta { return false }
        return true
    }

    private static func appendVector(
        _ statuses: Span<TransportFeedbackStatus>,
        from start: Int,
        symbols: Int,
        bits: Int,
        head: UInt16,
        into out: inout OutputRawSpan
    ) -> Int {
        let end = min(start + symbols, statuses.count)
        var chunk = head
        for index in start..<end {
            chunk |= statuses[index].rawValue << UInt16(14 - bits * (index - start + 1))
        }
        out.appendUInt16(chunk)
        return end
    }
}
