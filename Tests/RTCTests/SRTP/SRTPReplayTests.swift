// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@Suite("SRTP's replay window")
struct SRTPReplayTests {
    private let sender: SRTPEndpoint
    private let receiver: SRTPEndpoint

    init() throws {
        (sender, receiver) = try SRTPEndpoint.pair(.aes128CMHMACSHA1_80)
    }

    @Test("a packet passes once, also over a wrap", arguments: [100, 65_535] as [UInt16])
    func duplicate(first: UInt16) throws {
        for number in [first, first &+ 1, first &+ 2] {
            let packet = try sender.protectRTP(SRTPSample.rtp(number))
            _ = try receiver.unprotectRTP(packet)
            #expect(throws: SRTPError.replayed) { try receiver.unprotectRTP(packet) }
        }
    }

    @Test("a late packet passes within the window, once")
    func late() throws {
        var packets: [[UInt8]] = []
        for number in 0..<1_000 as Range<UInt16> { packets.append(try sender.protectRTP(SRTPSample.rtp(number))) }
        _ = try receiver.unprotectRTP(packets[999])
        for number in [999 - 511, 999 - 959, 998] {
            #expect(try receiver.unprotectRTP(packets[number]) == SRTPSample.rtp(UInt16(number)))
            #expect(throws: SRTPError.replayed) { try receiver.unprotectRTP(packets[number]) }
        }
    }

    @Test("a packet before the window is too old, whether it has passed or not")
    func tooOld() throws {
        var packets: [[UInt8]] = []
        for number in 0..<1_000 as Range<UInt16> { packets.append(try sender.protectRTP(SRTPSample.rtp(number))) }
        _ = try receiver.unprotectRTP(packets[0])
        _ = try receiver.unprotectRTP(packets[999])
        #expect(throws: SRTPError.tooOld) { try receiver.unprotectRTP(packets[0]) }
        #expect(throws: SRTPError.tooOld) { try receiver.unprotectRTP(packets[39]) }
    }

    @Test("in any order, each packet passes exactly once", arguments: 0..<8 as Range<UInt64>)
    func anyOrder(seed: UInt64) throws {
        var packets: [[UInt8]] = []
        for step in 0..<900 {
            packets.append(try sender.protectRTP(SRTPSample.rtp(UInt16(truncatingIfNeeded: 65_000 + step))))
        }
        var random = SplitMix64(seed: seed)
        for packet in packets.shuffled(using: &random) { _ = try receiver.unprotectRTP(packet) }
        for packet in packets { #expect(throws: SRTPError.replayed) { try receiver.unprotectRTP(packet) } }
    }

    @Test("a forged packet does not move the window")
    func forged() throws {
        let packet = try sender.protectRTP(SRTPSample.rtp(10))
        let next = try sender.protectRTP(SRTPSample.rtp(11))
        var forged = try sender.protectRTP(SRTPSample.rtp(30_000))
        forged[forged.count - 1] ^= 1
        _ = try receiver.unprotectRTP(packet)
        #expect(throws: SRTPError.authenticationFailed) { try receiver.unprotectRTP(forged) }
        #expect(try receiver.unprotectRTP(next) == SRTPSample.rtp(11))
    }

    @Test("what only has the number of a packet that came before is forged, not replayed")
    func forgedReplay() throws {
        let packet = try sender.protectRTP(SRTPSample.rtp(10))
        _ = try receiver.unprotectRTP(packet)
        var forged = packet
        forged[forged.count - 1] ^= 1
        #expect(throws: SRTPError.authenticationFailed) { try receiver.unprotectRTP(forged) }
        #expect(throws: SRTPError.replayed) { try receiver.unprotectRTP(packet) }
    }

    @Test("RTCP: once, late within the window, not before it")
    func rtcp() throws {
        var packets: [[UInt8]] = []
        for _ in 0..<1_000 { packets.append(try sender.protectRTCP(SRTPSample.rtcp())) }
        _ = try receiver.unprotectRTCP(packets[999])
        #expect(throws: SRTPError.replayed) { try receiver.unprotectRTCP(packets[999]) }
        #expect(try receiver.unprotectRTCP(packets[999 - 511]) == SRTPSample.rtcp())
        #expect(throws: SRTPError.tooOld) { try receiver.unprotectRTCP(packets[39]) }
    }

    @Test("a sender never protects two packets with one index")
    func noIndexTwice() throws {
        for number in [5, 6, 8] as [UInt16] { _ = try sender.protectRTP(SRTPSample.rtp(number)) }
        #expect(throws: SRTPError.replayed) { try sender.protectRTP(SRTPSample.rtp(6)) }
        let late = try sender.protectRTP(SRTPSample.rtp(7))
        #expect(try receiver.unprotectRTP(late) == SRTPSample.rtp(7))
        _ = try sender.protectRTP(SRTPSample.rtp(2_000))
        #expect(throws: SRTPError.tooOld) { try sender.protectRTP(SRTPSample.rtp(9)) }
    }
}
