// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@Suite("SRTP's rollover counter", .timeLimit(.minutes(1)))
struct SRTPRolloverTests {
    private let sender: SRTPEndpoint
    private let receiver: SRTPEndpoint

    init() throws {
        // AES-CM binds the rollover counter by the tag, AES-GCM by the nonce; the estimate is the same.
        (sender, receiver) = try SRTPEndpoint.pair(.aeadAES128GCM)
    }

    private func protected(_ sequenceNumbers: some Sequence<UInt16>) throws -> [[UInt8]] {
        var packets: [[UInt8]] = []
        for number in sequenceNumbers { packets.append(try sender.protectRTP(SRTPSample.rtp(number))) }
        return packets
    }

    private func expectArrival(
        of packet: [UInt8],
        _ number: UInt16,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let plain = try receiver.unprotectRTP(packet)
        #expect(plain == SRTPSample.rtp(number), sourceLocation: location)
    }

    @Test("a stream may begin anywhere", arguments: [0, 1, 32767, 32768, 65534, 65535] as [UInt16])
    func start(first: UInt16) throws {
        let numbers = (0..<5).map { first &+ $0 }
        for (number, packet) in zip(numbers, try protected(numbers)) { try expectArrival(of: packet, number) }
    }

    @Test("every packet of three wraps arrives")
    func wraps() throws {
        for step in 0..<400 {
            let number = UInt16(truncatingIfNeeded: 60_000 + step * 500)
            let packet = try sender.protectRTP(SRTPSample.rtp(number))
            try expectArrival(of: packet, number)
        }
    }

    @Test("packets change places over a wrap", arguments: 0..<8 as Range<UInt64>)
    func reordering(seed: UInt64) throws {
        let numbers = (0..<200).map { UInt16(truncatingIfNeeded: 65_436 + $0) }
        let packets = try protected(numbers)
        var random = SplitMix64(seed: seed)
        var order = Array(numbers.indices)
        for place in order.indices {
            order.swapAt(place, min(order.count - 1, place + Int.random(in: 0...30, using: &random)))
        }
        for place in order { try expectArrival(of: packets[place], numbers[place]) }
    }

    @Test("the first packet after a wrap may overtake the last ones before, even at the stream's start")
    func overtakenStart() throws {
        let packets = try protected([65_534, 65_535, 0, 1])
        for (place, number) in [(2, 0), (0, 65_534), (1, 65_535), (3, 1)] as [(Int, UInt16)] {
            try expectArrival(of: packets[place], number)
        }
    }

    @Test("everything before the first wrap may be lost")
    func lostStart() throws {
        let packets = try protected([65_535, 0, 1, 2])
        try expectArrival(of: packets[3], 2)
    }

    @Test("a packet from before the stream's beginning is too old, unless its tag says that it lies far ahead")
    func beforeStart() throws {
        let other = try SRTPEndpoint(.sample(.aeadAES128GCM))
        let (beginning, ahead) = (try protected([65_535, 0]), try other.protectRTP(SRTPSample.rtp(65_535)))
        // Its own rollover counter is 1, and nothing of counter 0 has been seen.
        try expectArrival(of: beginning[1], 0)
        try expectArrival(of: beginning[0], 65_535)
        #expect(throws: SRTPError.replayed) { try receiver.unprotectRTP(ahead) }

        let fresh = try SRTPEndpoint(SRTPKeyingMaterial.sample(.aeadAES128GCM).mirrored)
        let first = try other.protectRTP(SRTPSample.rtp(0, ssrc: 7))
        _ = try fresh.unprotectRTP(first)
        let strange = try SRTPEndpoint(.sample(.aeadAES128GCM, seed: 9)).protectRTP(SRTPSample.rtp(65_535, ssrc: 7))
        #expect(throws: SRTPError.tooOld) { try fresh.unprotectRTP(strange) }
        #expect(try fresh.unprotectRTP(other.protectRTP(SRTPSample.rtp(1, ssrc: 7))) == SRTPSample.rtp(1, ssrc: 7))
    }

    @Test(
        "a stream goes on after a long loss, up to a whole round of sequence numbers",
        arguments: [30_000, 32_767, 32_768, 32_769, 40_000, 64_000] as [Int]
    )
    func longLoss(lost: Int) throws {
        for first in [0, 20_000, 60_000] {
            let ssrc = UInt32(first) + 1
            let opening = try sender.protectRTP(SRTPSample.rtp(UInt16(first), ssrc: ssrc))
            _ = try receiver.unprotectRTP(opening)
            var last = opening
            for step in stride(from: 1_000, through: lost, by: 1_000) + [lost] where step <= lost {
                let number = UInt16(truncatingIfNeeded: first + step)
                if let packet = try? sender.protectRTP(SRTPSample.rtp(number, ssrc: ssrc)) { last = packet }
            }
            let plain = try receiver.unprotectRTP(last)
            #expect(plain == SRTPSample.rtp(UInt16(truncatingIfNeeded: first + lost), ssrc: ssrc))
        }
    }

    @Test("after a loss of more than a round the packets are refused, not taken for others")
    func hopelessLoss() throws {
        let numbers = stride(from: 0, through: 140_000, by: 20_000).map { UInt16(truncatingIfNeeded: $0) }
        let packets = try protected(numbers)
        _ = try receiver.unprotectRTP(packets[0])
        #expect(throws: SRTPError.authenticationFailed) { try receiver.unprotectRTP(packets[7]) }
    }

    @Test("each SSRC has a counter of its own")
    func independent() throws {
        for round in 0..<3 {
            for ssrc in [1, 2, 3] as [UInt32] {
                let number = UInt16(truncatingIfNeeded: 65_535 + round * Int(ssrc))
                let packet = try sender.protectRTP(SRTPSample.rtp(number, ssrc: ssrc))
                #expect(try receiver.unprotectRTP(packet) == SRTPSample.rtp(number, ssrc: ssrc))
            }
        }
    }
}

private func + (left: StrideThrough<Int>, right: [Int]) -> [Int] { Array(left) + right }
