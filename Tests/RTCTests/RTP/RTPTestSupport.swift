// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// Runs `body` on an empty buffer and gives back what it wrote.
func bytesWritten(capacity: Int = 2048, _ body: (inout OutputRawSpan) -> Void) -> [UInt8] {
    var storage = [UInt8](repeating: 0, count: capacity)
    let count = storage.withUnsafeMutableBytes { buffer in
        var output = OutputRawSpan(buffer: buffer, initializedCount: 0)
        body(&output)
        return output.finalize(for: buffer)
    }
    return Array(storage[..<count])
}

extension SplitMix64 {
    /// Bytes, of which many are those that parsers look for.
    mutating func bytes(count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// A copy in which some bytes are changed, and whose end may be cut off.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var copy = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !copy.isEmpty {
            copy[Int.random(in: 0..<copy.count, using: &self)] = UInt8(truncatingIfNeeded: next())
        }
        if next() % 4 == 0 { copy.removeLast(Int.random(in: 0...copy.count, using: &self)) }
        return copy
    }
}

extension MonotonicTime {
    /// A moment this many milliseconds behind an arbitrary one.
    static func milliseconds(_ count: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: 5_000_000_000) + .milliseconds(count)
    }
}

extension HeaderExtensionMap {
    /// A map with some ids.
    init(_ ids: [HeaderExtension: UInt8]) {
        self.init()
        for (kind, id) in ids { self[kind] = id }
    }
}

extension RTPHeader {
    /// A plain header.
    static func sample(
        _ sequenceNumber: UInt16,
        timestamp: UInt32 = 0,
        ssrc: UInt32 = 1,
        payloadType: UInt8 = 96
    ) throws -> RTPHeader {
        let bytes = bytesWritten { out in
            out.appendByte(0x80)
            out.appendByte(payloadType)
            out.appendUInt16(sequenceNumber)
            out.appendUInt32(timestamp)
            out.appendUInt32(ssrc)
        }
        return try RTPHeader(parsing: bytes.span.bytes)
    }
}
