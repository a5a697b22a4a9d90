// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Splits H.264 access units into RTP payloads (RFC 6184, packetization mode 1).
///
/// Small NAL units that follow one another — parameter sets above all — share a STAP-A, large ones are cut into FU-As.
package struct H264Packetizer: Sendable {
    /// The most bytes of a payload.
    package let maximumPayload: Int

    private static let stapA: UInt8 = 24
    private static let fuA: UInt8 = 28

    /// Makes a packetizer.
    ///
    /// - Parameter maximumPayload: the most bytes of a payload; 1,200 leaves room for headers, extensions and the tag.
    package init(maximumPayload: Int = 1_200) {
        precondition(maximumPayload > 64, "a payload must have room for more than its headers")
        self.maximumPayload = maximumPayload
    }

    /// The payloads of one access unit, in order.
    ///
    /// - Parameter units: its NAL units without start codes; empty ones are passed over.
    /// - Returns: payloads of which none is empty; the last one is to carry the marker.
    package func payloads(of units: [ArraySlice<UInt8>]) -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        var gathered: [ArraySlice<UInt8>] = []
        var size = 1
        func flush() {
            if let single = gathered.first {
                payloads.append(gathered.count == 1 ? Array(single) : aggregate(gathered))
            }
            gathered.removeAll()
            size = 1
        }
        for unit in units where !unit.isEmpty {
            if size + 2 + unit.count > maximumPayload { flush() }
            if unit.count > maximumPayload {
                payloads += fragments(of: unit)
            } else {
                gathered.append(unit)
                size += 2 + unit.count
            }
        }
        flush()
        return payloads
    }

    private func aggregate(_ units: [ArraySlice<UInt8>]) -> [UInt8] {
        let importance = units.reduce(UInt8(0)) { max($0, ($1.first ?? 0) & 0x60) }
        return units.reduce(into: [importance | Self.stapA]) { payload, unit in
            payload.append(UInt8(truncatingIfNeeded: unit.count >> 8))
            payload.append(UInt8(truncatingIfNeeded: unit.count))
            payload += unit
        }
    }

    private func fragments(of unit: ArraySlice<UInt8>) -> [[UInt8]] {
        guard let header = unit.first else { return [] }
        let body = unit.dropFirst()
        let room = maximumPayload - 2
        var fragments: [[UInt8]] = []
        var rest = body
        while !rest.isEmpty {
            let part = rest.prefix(room)
            rest = rest.dropFirst(room)
            let start: UInt8 = fragments.isEmpty ? 0x80 : 0
            let end: UInt8 = rest.isEmpty ? 0x40 : 0
            fragments.append([header & 0xe0 | Self.fuA, start | end | header & 0x1f] + part)
        }
        return fragments
    }
}
