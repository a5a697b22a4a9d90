// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Which layers flow")
struct LayerWatchTests {
    /// Layers whose pictures come in step, and are looked at ten times a second.
    private struct Fixture {
        var watch = LayerWatch(count: 2)
        var octets: [UInt64] = [0, 0]
        var now = MonotonicTime.milliseconds(0)
        /// The time between two looks, in milliseconds, and how long they wait for a layer.
        var lookInterval = 100
        var leastPatience = LayerWatch.shortestPatience

        /// Lets time pass.
        ///
        /// - Parameters:
        ///   - milliseconds: how long.
        ///   - interval: the time between two pictures.
        ///   - flowing: the layers that come.
        mutating func pass(_ milliseconds: Int, interval: Int = 67, _ flowing: Int...) {
            for millisecond in 1...milliseconds {
                now = now + .milliseconds(1)
                if millisecond % interval == 0 { for layer in flowing { octets[layer] += 1_000 } }
                if millisecond % lookInterval == 0 { watch.look(at: octets, now, leastPatience: leastPatience) }
            }
        }

        func isSteady(_ layer: Int) -> Bool { watch.isSteady(layer, at: now) }
    }

    @Test("a layer flows with its first packet, and may be gone over to at once")
    func first() {
        var fixture = Fixture()
        fixture.watch.look(at: [0, 0], fixture.now)
        #expect(!fixture.watch.isFlowing(0) && !fixture.watch.isFlowing(1))
        fixture.watch.look(at: [0, 1], fixture.now + .milliseconds(1))
        #expect(fixture.watch.isFlowing(1) && fixture.watch.isSteady(1, at: fixture.now + .milliseconds(1)))
        #expect(!fixture.watch.isFlowing(0))
    }

    @Test("a layer that stops while another goes on is silent after 300 ms")
    func stops() {
        var fixture = Fixture()
        fixture.pass(1_000, 0, 1)
        fixture.pass(200, 0)
        #expect(fixture.watch.isFlowing(1))
        fixture.pass(200, 0)
        #expect(!fixture.watch.isFlowing(1) && fixture.watch.isFlowing(0))
    }

    @Test("when all stop nobody is silent: the path was lost, and may come back")
    func loss() {
        var fixture = Fixture()
        fixture.pass(1_000, 0, 1)
        fixture.pass(20_000)
        #expect(fixture.watch.isFlowing(0) && fixture.watch.isFlowing(1))
        fixture.pass(200, 0)
        #expect(fixture.isSteady(1))
    }

    @Test("looks in between count nothing")
    func looks() {
        var fixture = Fixture()
        fixture.pass(1_000, 0, 1)
        for count in 1...50 { fixture.watch.look(at: [fixture.octets[0] + UInt64(count), 1], fixture.now) }
        #expect(fixture.watch.isFlowing(1))
    }

    @Test("what comes back has to prove itself, longer each time up to 16 s, and not for ever")
    func probation() {
        var fixture = Fixture()
        fixture.pass(1_000, 0, 1)
        for seconds in [1, 2, 4, 8, 16, 16] {
            fixture.pass(3_000, 0)
            #expect(!fixture.watch.isFlowing(1))
            fixture.pass(seconds * 1_000 - 100, 0, 1)
            #expect(fixture.watch.isFlowing(1) && !fixture.isSteady(1))
            fixture.pass(200, 0, 1)
            #expect(fixture.isSteady(1))
        }
        fixture.pass(61_000, 0, 1)
        fixture.pass(3_000, 0)
        fixture.pass(1_200, 0, 1)
        #expect(fixture.isSteady(1))
    }

    @Test("a layer that only pauses now and then is given more time")
    func patience() {
        var fixture = Fixture()
        fixture.pass(1_000, 0, 1)
        var ended = 0
        for _ in 0..<20 {
            fixture.pass(700, 0)
            if !fixture.watch.isFlowing(1) { ended += 1 }
            fixture.pass(300, 0, 1)
        }
        #expect(ended > 0 && ended <= 3)
    }

    @Test("a layer that goes out by its rank has stopped when the SFU sees it, however often it has")
    func ranked() {
        var fixture = Fixture(lookInterval: 500, leastPatience: LayerWatch.longestPatience)
        fixture.pass(1_000, 0, 1)
        for _ in 0..<20 {
            fixture.pass(1_000, 0)
            #expect(fixture.watch.isFlowing(1))
            fixture.pass(1_000, 0)
            #expect(!fixture.watch.isFlowing(1))
            fixture.pass(1_000, 0, 1)
            #expect(fixture.watch.isFlowing(1))
        }
        // What is shorter is nothing that a viewer would be given another layer for.
        fixture.pass(1_000, 0)
        fixture.pass(1_000, 0, 1)
        #expect(fixture.watch.isFlowing(1))
    }

    @Test("what stops again before it has proved itself has not proved itself meanwhile")
    func stopsAgain() {
        var fixture = Fixture(leastPatience: LayerWatch.longestPatience)
        fixture.pass(1_000, 0, 1)
        fixture.pass(2_000, 0)
        fixture.pass(800, 0, 1)
        for _ in 0..<14 {
            fixture.pass(100, 0)
            #expect(fixture.watch.isFlowing(1) && !fixture.isSteady(1))
        }
    }

    @Test("a look that comes late counts for no more than a third of the patience")
    func lateLook() {
        var fixture = Fixture()
        fixture.pass(1_000, 0, 1)
        for _ in 1...2 {
            fixture.now = fixture.now + .seconds(5)
            fixture.octets[0] += 1_000
            fixture.watch.look(at: fixture.octets, fixture.now)
            #expect(fixture.watch.isFlowing(1))
        }
    }

    @Test("pictures that come twice a second in step are no pauses")
    func slow() {
        var fixture = Fixture()
        for _ in 0..<20 {
            fixture.pass(1_000, interval: 500, 0, 1)
            #expect(fixture.isSteady(0) && fixture.isSteady(1))
        }
    }
}
