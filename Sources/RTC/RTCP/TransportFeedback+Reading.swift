// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension TransportFeedback {
    /// The most packets of a report that are looked at: more than anybody keeps in mind.
    package static let maximumPackets = 4_096

    /// Calls with each packet that the report covers, in the order of their numbers.
    ///
    /// - Parameters:
    ///   - compound: the bytes that the report was read from.
    ///   - body: takes the number, and the arrival in units of 250 µs on the receiver's clock, `nil` where the packet had
    ///     not come.
    /// - Returns: whether the report was whole; what came before it broke off has been told.
    @discardableResult
    package func forEachPacket(
        in compound: RawSpan,
        _ body: (_ number: UInt16, _ arrival: Int64?) -> Void
    ) -> Bool {
        guard packetCount <= Self.maximumPackets, let deltas = endOfChunks(in: compound) else { return false }
        var deltaOffset = deltas
        var arrival = Int64(referenceTime) * Int64(Self.ticksPerReference)
        var number = baseSequenceNumber
        var chunks = ChunkReader(offset: details.lowerBound, remaining: Int(packetCount))
        while let symbol = chunks.next(in: compound) {
            switch TransportFeedbackStatus(rawValue: symbol) {
            case .smallDelta:
                guard deltaOffset < details.upperBound else { return false }
                arrival += Int64(compound.byte(at: deltaOffset))
                deltaOffset += 1
                body(number, arrival)
            case .largeDelta:
                guard deltaOffset + 2 <= details.upperBound else { return false }
                arrival += Int64(Int16(bitPattern: compound.uint16(at: deltaOffset)))
                deltaOffset += 2
                body(number, arrival)
            case .notReceived: body(number, nil)
            case .untellable, nil: return false
            }
            number &+= 1
        }
        return true
    }

    /// Where the deltas begin; `nil` where the chunks don't reach.
    private func endOfChunks(in compound: RawSpan) -> Int? {
        var offset = details.lowerBound
        var told = 0
        while told < packetCount {
            guard offset + 2 <= details.upperBound else { return nil }
            let length = ChunkReader.length(of: compound.uint16(at: offset))
            // A run of nothing would never end.
            guard length > 0 else { return nil }
            told += length
            offset += 2
        }
        return offset
    }
}

/// Reads the status symbols of a report one by one
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.2–3.1.4).
private struct ChunkReader: BitwiseCopyable {
    var offset: Int
    var remaining: Int
    private var chunk: UInt16 = 0
    private var left = 0

    init(offset: Int, remaining: Int) {
        self.offset = offset
        self.remaining = remaining
    }

    /// How many packets a chunk tells of.
    static func length(of chunk: UInt16) -> Int {
        if chunk & 0x8000 == 0 { return Int(chunk & 0x1FFF) }
        return chunk & 0x4000 == 0 ? 14 : 7
    }

    /// The next symbol; to be called only where the chunks were found to reach.
    mutating func next(in compound: RawSpan) -> UInt16? {
        guard remaining > 0 else { return nil }
        remaining -= 1
        if left == 0 {
            chunk = compound.uint16(at: offset)
            left = Self.length(of: chunk)
            offset += 2
        }
        left -= 1
        if chunk & 0x8000 == 0 { return chunk >> 13 & 3 }
        return chunk & 0x4000 == 0 ? chunk >> UInt16(left) & 1 : chunk >> UInt16(2 * left) & 3
    }
}
