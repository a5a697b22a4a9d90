// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto

/// Runs `body` on an empty buffer of 2048 bytes and gives back what it wrote.
func written(_ body: (inout OutputRawSpan) throws(SRTPError) -> Void) throws(SRTPError) -> [UInt8] {
    var storage = [UInt8](repeating: 0, count: 2048)
    var failure: SRTPError?
    let count = storage.withUnsafeMutableBytes { buffer in
        var output = OutputRawSpan(buffer: buffer, initializedCount: 0)
        do throws(SRTPError) { try body(&output) } catch { failure = error }
        return output.finalize(for: buffer)
    }
    if let failure { throw failure }
    return Array(storage[..<count])
}

extension SRTPSession {
    /// Protects a whole RTP packet.
    mutating func protectRTP(_ packet: [UInt8], headerLength: Int = 12) throws(SRTPError) -> [UInt8] {
        try written { (output: inout OutputRawSpan) throws(SRTPError) in
            output.append(contentsOf: packet.span.bytes.extracting(first: headerLength))
            try protectRTP(payload: packet.span.bytes.extracting(droppingFirst: headerLength), into: &output)
        }
    }

    /// Takes the protection off a copy of an RTP packet.
    mutating func unprotectRTP(_ packet: [UInt8], headerLength: Int = 12) throws(SRTPError) -> [UInt8] {
        var copy = packet
        var span = copy.mutableSpan
        var bytes = span.mutableBytes
        let length = try unprotectRTP(&bytes, headerLength: headerLength)
        return Array(copy[..<length])
    }

    /// Protects a compound RTCP packet.
    mutating func protectRTCP(_ packet: [UInt8]) throws(SRTPError) -> [UInt8] {
        try written { (output: inout OutputRawSpan) throws(SRTPError) in
            output.append(contentsOf: packet.span.bytes)
            try protectRTCP(&output)
        }
    }

    /// Takes the protection off a copy of a compound RTCP packet.
    mutating func unprotectRTCP(_ packet: [UInt8]) throws(SRTPError) -> [UInt8] {
        var copy = packet
        var span = copy.mutableSpan
        var bytes = span.mutableBytes
        let length = try unprotectRTCP(&bytes)
        return Array(copy[..<length])
    }
}

extension SRTPKeyingMaterial {
    /// Some keys, always the same for a seed.
    static func sample(_ profile: SRTPProfile, seed: UInt8 = 1) -> SRTPKeyingMaterial {
        func master(_ first: UInt8) -> Master {
            Master(
                key: (0..<UInt8(profile.keyLength)).map { first &+ $0 &* 7 },
                salt: (0..<UInt8(profile.saltLength)).map { first &+ 100 &+ $0 &* 11 }
            )
        }
        return SRTPKeyingMaterial(profile: profile, local: master(seed), remote: master(seed &+ 50))
    }

    /// The same keys as the other side sees them.
    var mirrored: SRTPKeyingMaterial { SRTPKeyingMaterial(profile: profile, local: remote, remote: local) }
}

/// A plain RTP packet with a header of 12 bytes.
func rtpPacket(_ sequenceNumber: UInt16, ssrc: UInt32 = 0x1234_5678, payload: [UInt8] = [1, 2, 3, 4, 5]) -> [UInt8] {
    let timestamp = UInt32(sequenceNumber) &* 3000
    return [0x80, 96, UInt8(sequenceNumber >> 8), UInt8(sequenceNumber & 0xFF)]
        + withUnsafeBytes(of: timestamp.bigEndian) { Array($0) }
        + withUnsafeBytes(of: ssrc.bigEndian) { Array($0) } + payload
}

/// An empty receiver report, or one with more behind it.
func rtcpPacket(ssrc: UInt32 = 0x1234_5678, more: [UInt8] = []) -> [UInt8] {
    [0x80, 201, 0, UInt8(1 + more.count / 4)] + withUnsafeBytes(of: ssrc.bigEndian) { Array($0) } + more
}
