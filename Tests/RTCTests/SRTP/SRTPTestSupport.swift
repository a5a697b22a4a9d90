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

/// An SRTP session that works on arrays.
final class SRTPEndpoint {
    private var session: SRTPSession

    init(_ material: SRTPKeyingMaterial) throws {
        session = try SRTPSession(material)
    }

    /// Two ends with the same keys: what the first sends the second receives.
    static func pair(_ profile: SRTPProfile) throws -> (sender: SRTPEndpoint, receiver: SRTPEndpoint) {
        let material = SRTPKeyingMaterial.sample(profile)
        return (try SRTPEndpoint(material), try SRTPEndpoint(material.mirrored))
    }

    /// Protects a whole RTP packet.
    func protectRTP(_ packet: [UInt8], headerLength: Int = 12) throws(SRTPError) -> [UInt8] {
        try written { (output: inout OutputRawSpan) throws(SRTPError) in
            output.append(contentsOf: packet.span.bytes.extracting(first: headerLength))
            try session.protectRTP(payload: packet.span.bytes.extracting(droppingFirst: headerLength), into: &output)
        }
    }

    /// Takes the protection off a copy of an RTP packet.
    func unprotectRTP(_ packet: [UInt8], headerLength: Int = 12) throws(SRTPError) -> [UInt8] {
        var packet = packet
        let length = try unprotectRTP(inPlace: &packet, headerLength: headerLength)
        return Array(packet[..<length])
    }

    /// Takes the protection off an RTP packet; returns the plain packet's length.
    func unprotectRTP(inPlace packet: inout [UInt8], headerLength: Int = 12) throws(SRTPError) -> Int {
        var span = packet.mutableSpan
        var bytes = span.mutableBytes
        return try session.unprotectRTP(&bytes, headerLength: headerLength)
    }

    /// Protects a compound RTCP packet.
    func protectRTCP(_ packet: [UInt8]) throws(SRTPError) -> [UInt8] {
        try written { (output: inout OutputRawSpan) throws(SRTPError) in
            output.append(contentsOf: packet.span.bytes)
            try session.protectRTCP(&output)
        }
    }

    /// Takes the protection off a copy of a compound RTCP packet.
    func unprotectRTCP(_ packet: [UInt8]) throws(SRTPError) -> [UInt8] {
        var packet = packet
        let length = try unprotectRTCP(inPlace: &packet)
        return Array(packet[..<length])
    }

    /// Takes the protection off a compound RTCP packet; returns the plain packet's length.
    func unprotectRTCP(inPlace packet: inout [UInt8]) throws(SRTPError) -> Int {
        var span = packet.mutableSpan
        var bytes = span.mutableBytes
        return try session.unprotectRTCP(&bytes)
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

/// Plain packets to protect.
enum SRTPSample {
    /// An RTP packet with a header of 12 bytes.
    static func rtp(_ sequenceNumber: UInt16, ssrc: UInt32 = 0x1234_5678, payload: [UInt8] = [1, 2, 3, 4, 5]) -> [UInt8]
    {
        [0x80, 96] + bigEndian(sequenceNumber) + bigEndian(UInt32(sequenceNumber) &* 3000) + bigEndian(ssrc) + payload
    }

    /// An empty receiver report, or one with more behind it.
    static func rtcp(ssrc: UInt32 = 0x1234_5678, more: [UInt8] = []) -> [UInt8] {
        [0x80, 201, 0, UInt8(1 + more.count / 4)] + bigEndian(ssrc) + more
    }

    private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
