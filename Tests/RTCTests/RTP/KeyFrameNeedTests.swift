// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Wishes for a key frame in place of lost packets")
struct KeyFrameNeedTests {
    /// The moments, in milliseconds, at which a generator wishes for a key frame; it is called whenever it wants to be.
    private func wishes(
        of generator: inout NACKGenerator,
        until end: Int,
        roundTrip: Duration,
        keyFrameAt keyFrame: (moment: Int, number: UInt16)? = nil
    ) -> [Int] {
        var result: [Int] = []
        var entries: [GenericNACK.Entry] = []
        for moment in 0..<end {
            if let keyFrame, moment == keyFrame.moment {
                _ = generator.receive(keyFrame.number, at: .milliseconds(moment))
                generator.keyFrameBegan(keyFrame.number)
            }
            guard let due = generator.deadline, due <= .milliseconds(moment) else { continue }
            generator.takeRequests(at: .milliseconds(moment), roundTrip: roundTrip, into: &entries)
            if generator.takeKeyFrameWish() { result.append(moment) }
        }
        return result
    }

    private func gap(_ policy: NACKGenerator.Policy = .eager) -> NACKGenerator {
        var generator = NACKGenerator(policy)
        _ = generator.receive(10, at: .milliseconds(0))
        _ = generator.receive(12, at: .milliseconds(0))
        return generator
    }

    @Test("Asked for in vain ten times, a packet is replaced; the wish comes again each 500 ms, six times")
    func givenUp() throws {
        var generator = gap()
        let wishes = wishes(of: &generator, until: 8_000, roundTrip: .milliseconds(10))
        let first = try #require(wishes.first)
        #expect((400...500).contains(first))
        #expect(wishes == (0..<6).map { first + 500 * $0 })
        #expect(generator.deadline == nil)
    }

    @Test("On a long path a packet that is missing for 800 ms is replaced, while it is still asked for")
    func late() throws {
        var generator = gap()
        let wishes = wishes(of: &generator, until: 1_000, roundTrip: .milliseconds(150))
        #expect(wishes == [800])
        #expect(generator.isWaiting(for: 11))
        #expect(generator.receiveRetransmission(11, at: .milliseconds(1_001)) == .recovered(after: nil))
        #expect(self.wishes(of: &generator, until: 4_000, roundTrip: .milliseconds(150)) == [])
    }

    @Test("Where nothing is sent again it is replaced after 100 ms, and never asked for")
    func silent() {
        var generator = gap(.silent)
        var entries: [GenericNACK.Entry] = []
        generator.takeRequests(at: .milliseconds(99), roundTrip: .zero, into: &entries)
        #expect(entries.isEmpty && !generator.takeKeyFrameWish())
        generator.takeRequests(at: .milliseconds(100), roundTrip: .zero, into: &entries)
        #expect(entries.isEmpty && generator.takeKeyFrameWish())
        #expect(generator.missingCount == 0)
    }

    @Test("A packet that was overtaken is not replaced")
    func overtaken() {
        var generator = gap(.silent)
        _ = generator.receive(11, at: .milliseconds(60))
        #expect(wishes(of: &generator, until: 2_000, roundTrip: .zero) == [])
    }

    @Test("A key frame that begins behind the gap is all that was wished for")
    func answered() {
        var generator = gap(.silent)
        let wishes = wishes(
            of: &generator,
            until: 3_000,
            roundTrip: .zero,
            keyFrameAt: (moment: 250, number: 13)
        )
        #expect(wishes == [100])
    }

    @Test("One that began before the gap does not help")
    func earlierKeyFrame() {
        var generator = gap(.silent)
        generator.keyFrameBegan(10)
        #expect(wishes(of: &generator, until: 700, roundTrip: .zero) == [100, 600])
    }

    @Test("Losses too many to be asked for are replaced at once")
    func tooMuch() {
        var generator = NACKGenerator(.eager)
        _ = generator.receive(0, at: .milliseconds(0))
        #expect(generator.receive(1_500, at: .milliseconds(0)) == .behindTooMuch)
        #expect(wishes(of: &generator, until: 400, roundTrip: .milliseconds(50)) == [0])
    }
}
