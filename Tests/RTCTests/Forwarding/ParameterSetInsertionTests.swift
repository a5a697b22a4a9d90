// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Parameter sets before IDR pictures")
struct ParameterSetInsertionTests {
    private typealias H264 = H264Samples
    private static let baselineSets = H264.aggregate(H264.baseline, H264.baselinePicture)

    @Test("an IDR picture without sets gets the declared ones, whichever form it comes in")
    func declared() throws {
        let forms = [
            H264.refresh, H264.fragment(H264.refresh, starts: true), H264.aggregate([0x09, 0xF0], H264.refresh),
            H264.aggregate(H264.baselinePicture, H264.refresh),
        ]
        for form in forms {
            var path = H264ForwarderFixture()
            let first = try path.send(9, H264.predicted, timestamp: 0, ends: true)
            #expect(first.map(\.number) == [0])
            let left = try path.send(10, form, ends: true)
            #expect(left.map(\.number) == [1, 2])
            #expect(left.map(\.isInserted) == [true, false])
            #expect(left.map(\.payload) == [Self.baselineSets, form])
            #expect(left.map(\.timestamp) == [3000, 3000])
            #expect(left.map(\.marker) == [false, true])
            #expect(try path.send(11, H264.predicted, timestamp: 6000).map(\.number) == [3])
            #expect(path.forwarder.counters.inserted == 1)
            #expect(path.forwarder.counters.forwarded == 3)
        }
    }

    @Test("in packetization mode 0 each set goes alone")
    func singleUnits() throws {
        var path = H264ForwarderFixture(mode: 0)
        let left = try path.send(10, H264.refresh)
        #expect(left.map(\.payload) == [H264.baseline, H264.baselinePicture, H264.refresh])
        #expect(left.map(\.number) == [0, 1, 2])
    }

    @Test("sets that came in the stream are used, the newest of a number first of all")
    func remembered() throws {
        var path = H264ForwarderFixture(declaredSets: nil)
        #expect(try path.send(10, H264.refresh).count == 1)
        _ = try path.send(11, H264.aggregate(H264.baseline, H264.baselinePicture), timestamp: 6000)
        _ = try path.send(12, H264.refresh, timestamp: 6000, ends: true)
        #expect(try path.send(13, H264.refresh, timestamp: 9000, ends: true).map(\.payload).first == Self.baselineSets)
        _ = try path.send(14, H264.main, timestamp: 12_000)
        _ = try path.send(15, H264.mainPicture, timestamp: 12_000)
        _ = try path.send(16, H264.refresh, timestamp: 12_000, ends: true)
        let left = try path.send(17, H264.refresh, timestamp: 15_000, ends: true)
        #expect(left.map(\.payload).first == H264.aggregate(H264.main, H264.mainPicture))
    }

    @Test("sets that come late do not replace newer ones")
    func lateSets() throws {
        var path = H264ForwarderFixture(declaredSets: nil)
        _ = try path.send(10, H264.aggregate(H264.main, H264.mainPicture), timestamp: 6000)
        _ = try path.send(12, H264.refresh, timestamp: 6000, ends: true)
        _ = try path.send(9, H264.aggregate(H264.baseline, H264.baselinePicture), timestamp: 3000)
        let left = try path.send(13, H264.refresh, timestamp: 9000)
        #expect(left.first?.payload == H264.aggregate(H264.main, H264.mainPicture))
    }

    @Test(
        "nothing goes before a picture whose sets are in its access unit",
        arguments: [
            [H264Samples.aggregate(H264Samples.baseline, H264Samples.baselinePicture, H264Samples.refresh)],
            [H264Samples.baseline, H264Samples.baselinePicture, H264Samples.refresh],
            [H264Samples.baseline, H264Samples.aggregate(H264Samples.baselinePicture, H264Samples.refresh)],
            [
                H264Samples.aggregate(H264Samples.baseline, H264Samples.baselinePicture), [0x06, 0x05],
                H264Samples.fragment(H264Samples.refresh, starts: true), H264Samples.fragment(H264Samples.refresh),
            ],
        ]
    )
    func present(unit: [[UInt8]]) throws {
        var path = H264ForwarderFixture()
        var left: [H264ForwarderFixture.Left] = []
        for (index, payload) in unit.enumerated() { left += try path.send(UInt16(10 + index), payload) }
        #expect(left.map(\.number) == Array(0..<unit.count))
        #expect(left.allSatisfy { !$0.isInserted })
    }

    @Test("a picture of several slices and fragments gets them once")
    func once() throws {
        var path = H264ForwarderFixture()
        var left: [H264ForwarderFixture.Left] = []
        let later: [UInt8] = [0x65, 0x48, 0x11]
        let payloads = [
            [0x06, 0x05], H264.fragment(H264.refresh, starts: true), H264.fragment(H264.refresh, ends: true), later,
            H264.fragment(later, starts: true), H264.fragment(later, ends: true),
        ]
        for (index, payload) in payloads.enumerated() {
            left += try path.send(UInt16(truncatingIfNeeded: 65_534 + index), payload)
        }
        #expect(left.map(\.isInserted) == [false, true, false, false, false, false, false])
        #expect(left.map(\.number) == Array(0..<7))
    }

    @Test("nothing is inserted while the sets of the picture are unknown, or where it is not wanted")
    func unknown() throws {
        var path = H264ForwarderFixture(declaredSets: nil)
        #expect(try path.send(10, H264.refresh).count == 1)
        _ = try path.send(11, H264.aggregate(H264.fifth, H264.fifthPicture), timestamp: 6000)
        // The picture refers to the sets with the number 0.
        #expect(try path.send(12, H264.refresh, timestamp: 9000).map(\.number) == [2])
        var plain = H264ForwarderFixture(inserts: false)
        #expect(try plain.send(10, H264.refresh).count == 1)
    }

    @Test("late packets keep their places, before and behind what was inserted")
    func latePackets() throws {
        var path = H264ForwarderFixture()
        #expect(try path.send(10, H264.predicted, timestamp: 0).map(\.number) == [0])
        // 11 and 12 are missing: the end of the former picture.
        let left = try path.send(13, H264.fragment(H264.refresh, starts: true))
        #expect(left.map(\.number) == [3, 4])
        #expect(try path.send(15, H264.fragment(H264.refresh, ends: true), ends: true).map(\.number) == [6])
        #expect(try path.send(12, H264.predicted, timestamp: 0, ends: true).map(\.number) == [2])
        #expect(try path.send(14, H264.fragment(H264.refresh)).map(\.number) == [5])
        #expect(try path.send(11, H264.predicted, timestamp: 0).map(\.number) == [1])
        #expect(try path.send(13, H264.fragment(H264.refresh, starts: true)).isEmpty)
        #expect(try path.send(16, H264.predicted, timestamp: 6000).map(\.number) == [7])
    }

    @Test("sets that were lost and come late go to their own place, before the inserted ones")
    func lateDuplicate() throws {
        var path = H264ForwarderFixture()
        _ = try path.send(10, H264.predicted, timestamp: 0, ends: true)
        let left = try path.send(12, H264.refresh, ends: true)
        #expect(left.map(\.number) == [2, 3])
        #expect(left.first?.isInserted == true)
        #expect(try path.send(11, Self.baselineSets).map(\.number) == [1])
        let isWished = path.inspector.takeKeyFrameWish()
        #expect(!isWished)
    }

    @Test("when late sets turn out to be other ones, the publisher is asked for another picture")
    func lateChange() throws {
        var path = H264ForwarderFixture()
        _ = try path.send(10, H264.predicted, timestamp: 0, ends: true)
        _ = try path.send(12, H264.refresh, ends: true)
        #expect(try path.send(11, H264.aggregate(H264.main, H264.mainPicture)).map(\.number) == [1])
        let isWished = path.inspector.takeKeyFrameWish()
        #expect(isWished)
        // In order there is nothing to ask for.
        _ = try path.send(13, H264.aggregate(H264.baseline, H264.baselinePicture), timestamp: 6000)
        _ = try path.send(14, H264.refresh, timestamp: 6000, ends: true)
        let isWishedAgain = path.inspector.takeKeyFrameWish()
        #expect(!isWishedAgain)
    }

    @Test("where the first slice is missing, the sets go before the gap")
    func missingStart() throws {
        var path = H264ForwarderFixture()
        _ = try path.send(10, H264.predicted, timestamp: 0, ends: true)
        let left = try path.send(12, H264.fragment(H264.refresh))
        #expect(left.map(\.number) == [1, 3])
        #expect(left.map(\.isInserted) == [true, false])
        #expect(try path.send(11, H264.fragment(H264.refresh, starts: true)).map(\.number) == [2])
        #expect(try path.send(13, H264.fragment(H264.refresh, ends: true), ends: true).map(\.number) == [4])
    }

    @Test("where the gap began in the former picture, nothing goes into the middle of the next one")
    func unknownStart() throws {
        var path = H264ForwarderFixture()
        _ = try path.send(10, H264.predicted, timestamp: 0)
        #expect(try path.send(13, H264.fragment(H264.refresh)).map(\.number) == [3])
        #expect(try path.send(12, H264.fragment(H264.refresh, starts: true)).map(\.number) == [2])
        #expect(try path.send(14, [0x65, 0x88, 0x84], ends: true).map(\.number) == [4])
        #expect(path.forwarder.counters.inserted == 0)
    }

    @Test("packets that are left out before and behind close up all the same")
    func padding() throws {
        var path = H264ForwarderFixture()
        _ = try path.send(10, H264.predicted, timestamp: 0, ends: true)
        _ = try path.send(11, [])
        #expect(try path.send(12, H264.refresh, ends: true).map(\.number) == [1, 2])
        _ = try path.send(13, [])
        _ = try path.send(14, [])
        #expect(try path.send(15, H264.refresh, timestamp: 6000, ends: true).map(\.number) == [3, 4])
        #expect(try path.send(16, H264.predicted, timestamp: 9000).map(\.number) == [5])
    }

    @Test("a forwarder that waits begins with such a picture, and waits on where its sets are unknown")
    func beginning() throws {
        var path = H264ForwarderFixture(waitsForKeyFrame: true)
        #expect(try path.send(10, H264.predicted).isEmpty)
        #expect(try path.send(11, H264.fragment(H264.refresh), timestamp: 6000).isEmpty)
        #expect(path.forwarder.needsKeyFrame)
        let left = try path.send(12, H264.refresh, timestamp: 9000, ends: true)
        #expect(left.map(\.number) == [0, 1])
        #expect(left.first?.isInserted == true)
        #expect(!path.forwarder.needsKeyFrame)
        #expect(try path.send(11, H264.fragment(H264.refresh), timestamp: 6000).isEmpty)
        #expect(try path.send(13, H264.predicted, timestamp: 12_000).map(\.number) == [2])
        var blind = H264ForwarderFixture(declaredSets: nil, waitsForKeyFrame: true)
        #expect(try blind.send(10, H264.refresh).isEmpty)
        #expect(blind.forwarder.needsKeyFrame)
        _ = try blind.send(11, H264.aggregate(H264.baseline, H264.baselinePicture), timestamp: 6000)
        #expect(!blind.forwarder.needsKeyFrame)
    }

    @Test("another source goes on with the next number, and only with sets of its own")
    func anotherSource() throws {
        var path = H264ForwarderFixture(declaredSets: nil, waitsForKeyFrame: true)
        _ = try path.send(10, H264.aggregate(H264.baseline, H264.baselinePicture))
        _ = try path.send(11, H264.refresh, ends: true)
        #expect(try path.send(900, H264.refresh, timestamp: 77, ssrc: 2, at: 600).isEmpty)
        #expect(path.forwarder.needsKeyFrame)
        let sets = H264.aggregate(H264.main, H264.mainPicture)
        #expect(try path.send(901, sets, timestamp: 3077, ssrc: 2, at: 633).map(\.number) == [2])
        _ = try path.send(902, H264.refresh, timestamp: 3077, ends: true, ssrc: 2, at: 633)
        let left = try path.send(903, H264.refresh, timestamp: 6077, ends: true, ssrc: 2, at: 666)
        #expect(left.map(\.number) == [4, 5])
        #expect(left.first?.payload == sets)
    }

    @Test("timestamps that jump back under numbers that go on hold nothing up")
    func timestampJump() throws {
        var path = H264ForwarderFixture()
        #expect(try path.send(10, H264.refresh, timestamp: 3_000_000, ends: true).count == 2)
        #expect(try path.send(11, H264.refresh, timestamp: 500, ends: true).map(\.number) == [2, 3])
        #expect(try path.send(12, [0x65, 0x48], timestamp: 500, ends: true).map(\.number) == [4])
    }

    @Test("after a long loss or a restart the sets go before the first picture")
    func jump() throws {
        var path = H264ForwarderFixture()
        _ = try path.send(10, H264.predicted, timestamp: 0, ends: true)
        let outage = try path.send(10_010, H264.refresh, timestamp: 900_000, ends: true, at: 10_000)
        #expect(outage.map(\.number) == [2999, 3000])
        #expect(try path.send(10_011, H264.predicted, timestamp: 903_000, at: 10_033).map(\.number) == [3001])
        let restart = try path.send(50_000, H264.refresh, timestamp: 4_000_000_000, ends: true, at: 11_000)
        #expect(restart.map(\.number) == [3002, 3003])
        // What came before the first packet of a source has no place.
        #expect(try path.send(49_999, H264.predicted, timestamp: 4_000_000_000, at: 11_004).isEmpty)
    }
}
