// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@Suite(
    "SRTP against libsrtp",
    .enabled(if: ProjectPython.isExpected, "needs .venv with pylibsrtp: run scripts/setup --test"),
    .timeLimit(.minutes(1))
)
struct LibSRTPTests {
    /// Sequence numbers over two wraps, with gaps and changes of place that stay within libsrtp's window of 128.
    private static func sequenceNumbers(seed: UInt64) -> [UInt16] {
        var random = SplitMix64(seed: seed)
        var numbers = (0..<150).map { UInt16(truncatingIfNeeded: 65_400 + $0) }
        numbers += stride(from: 3_000, through: 130_000, by: 9_973).map { UInt16(truncatingIfNeeded: $0) }
        for place in 1..<140 { numbers.swapAt(place, place + Int.random(in: 0...9, using: &random)) }
        return numbers
    }

    /// Packets with every form of header and payloads of many lengths.
    private static func rtpPackets() -> [(packet: [UInt8], headerLength: Int)] {
        sequenceNumbers(seed: 3).enumerated().map { place, number in
            let payload = (0..<(place * 7 % 300)).map { UInt8(truncatingIfNeeded: $0) }
            var packet = SRTPSample.rtp(number, ssrc: 0xCAFE_0000 + UInt32(place % 3), payload: [])
            if place % 4 == 1 {
                packet[0] |= 0x10
                packet += [0xBE, 0xDE, 0, 1, 0x10, 0x42, 0, 0]
            }
            if place % 4 == 2 {
                packet[0] |= 0x02
                packet += [1, 2, 3, 4, 5, 6, 7, 8]
            }
            return (packet + payload, packet.count)
        }
    }

    private static func rtcpPackets() -> [[UInt8]] {
        (0..<40).map {
            SRTPSample.rtcp(ssrc: 0xBEEF_0000 + UInt32($0 % 2), more: [UInt8](repeating: 3, count: $0 % 9 * 4))
        }
    }

    private func libsrtp(_ profile: SRTPProfile, _ master: SRTPKeyingMaterial.Master, _ lines: [String]) throws
        -> [String]
    {
        let output = try Tool.run(
            ProjectPython.path,
            [
                try ProjectPython.script("libsrtp_oracle"), String(profile.rawValue, radix: 16),
                Hex.text(master.key + master.salt),
            ],
            input: lines.map { $0 + "\n" }.joined()
        )
        let answers = output.split(separator: "\n").map(String.init)
        try #require(answers.count == lines.count, "libsrtp said: \(output.prefix(500))")
        return answers
    }

    @Test("what we protect is byte for byte what libsrtp makes, and it reads ours", arguments: SRTPProfile.allCases)
    func sending(profile: SRTPProfile) throws {
        let material = SRTPKeyingMaterial.sample(profile)
        let sender = try SRTPEndpoint(material)
        var lines: [String] = []
        var expected: [String] = []
        for (packet, headerLength) in Self.rtpPackets() {
            let ours = try sender.protectRTP(packet, headerLength: headerLength)
            lines += ["protect \(Hex.text(packet))", "unprotect \(Hex.text(ours))"]
            expected += [Hex.text(ours), Hex.text(packet)]
        }
        for packet in Self.rtcpPackets() {
            let ours = try sender.protectRTCP(packet)
            lines += ["protect_rtcp \(Hex.text(packet))", "unprotect_rtcp \(Hex.text(ours))"]
            expected += [Hex.text(ours), Hex.text(packet)]
        }
        let answers = try libsrtp(profile, material.local, lines)
        for (place, (answer, expected)) in zip(answers, expected).enumerated() {
            #expect(answer == expected, "line \(place)")
        }
    }

    @Test("we read what libsrtp protects", arguments: SRTPProfile.allCases)
    func receiving(profile: SRTPProfile) throws {
        let material = SRTPKeyingMaterial.sample(profile)
        let receiver = try SRTPEndpoint(material)
        let (rtp, rtcp) = (Self.rtpPackets(), Self.rtcpPackets())
        let answers = try libsrtp(
            profile,
            material.remote,
            rtp.map { "protect \(Hex.text($0.packet))" } + rtcp.map { "protect_rtcp \(Hex.text($0))" }
        )
        for (answer, (packet, headerLength)) in zip(answers, rtp) {
            #expect(try receiver.unprotectRTP(Hex.bytes(answer), headerLength: headerLength) == packet)
        }
        for (answer, packet) in zip(answers.dropFirst(rtp.count), rtcp) {
            #expect(try receiver.unprotectRTCP(Hex.bytes(answer)) == packet)
        }
    }
}
