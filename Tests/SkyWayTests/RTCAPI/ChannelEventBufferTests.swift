// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import SkyWay
import Testing

@Suite("Order of events (protocol page §2.6)")
struct ChannelEventBufferTests {
    private func buffer(at version: Int) -> ChannelEventBuffer<Int> {
        var buffer = ChannelEventBuffer<Int>()
        _ = buffer.start(at: version)
        return buffer
    }

    @Test("events in order are delivered at once")
    func inOrder() {
        var buffer = buffer(at: 4)
        for version in 5...8 { #expect(buffer.receive(version, version: version).events == [version]) }
        #expect(buffer.lastVersion == 8)
    }

    @Test("known events are dropped")
    func duplicates() {
        var buffer = buffer(at: 4)
        #expect(buffer.receive(4, version: 4).events.isEmpty)
        #expect(buffer.receive(5, version: 5).events == [5])
        #expect(buffer.receive(5, version: 5).events.isEmpty)
    }

    @Test("events that came before the room was known are delivered from its version on")
    func early() {
        var buffer = ChannelEventBuffer<Int>()
        for version in [3, 5, 4] {
            let delivery = buffer.receive(version, version: version)
            #expect(delivery.events.isEmpty)
            #expect(delivery.gap == nil)
        }
        #expect(buffer.lastVersion == nil)
        #expect(buffer.start(at: 3).events == [4, 5])
    }

    @Test("every order of six events is delivered as one to six")
    func permutations() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var buffer = buffer(at: 0)
            var delivered: [Int] = []
            for version in (1...6).shuffled(using: &generator) + [2, 6] {
                delivered += buffer.receive(version, version: version).events
            }
            #expect(delivered == [1, 2, 3, 4, 5, 6])
        }
    }

    @Test("a gap is asked for after a second, and the whole room five seconds later")
    func gap() throws {
        var buffer = buffer(at: 4)
        let gap = try #require(buffer.receive(6, version: 6).gap)
        #expect(buffer.receive(7, version: 7).gap == nil)
        #expect(buffer.gapTimeout(gap) == .resubscribe(offset: 5))
        #expect(buffer.gapTimeout(gap) == .refetch)
    }

    @Test("a gap that closes by itself needs nothing")
    func gapCloses() throws {
        var buffer = buffer(at: 4)
        let gap = try #require(buffer.receive(6, version: 6).gap)
        #expect(buffer.receive(5, version: 5).events == [5, 6])
        #expect(buffer.gapTimeout(gap) == .nothing)
    }

    @Test("a second gap behind the first has a time of its own")
    func secondGap() throws {
        var buffer = buffer(at: 0)
        let first = try #require(buffer.receive(2, version: 2).gap)
        #expect(buffer.receive(4, version: 4).gap == nil)
        let delivery = buffer.receive(1, version: 1)
        #expect(delivery.events == [1, 2])
        let second = try #require(delivery.gap)
        #expect(buffer.gapTimeout(first) == .nothing)
        #expect(buffer.gapTimeout(second) == .resubscribe(offset: 3))
    }

    @Test("what is held is bounded")
    func bounded() {
        var buffer = buffer(at: 0)
        for version in 2...5000 { _ = buffer.receive(version, version: version) }
        #expect(buffer.receive(1, version: 1).events.count == ChannelEventBuffer<Int>.capacity + 1)
    }

    @Test("a newer room drops what it already holds")
    func refetched() {
        var buffer = buffer(at: 0)
        for version in [3, 4, 9] { _ = buffer.receive(version, version: version) }
        let delivery = buffer.start(at: 8)
        #expect(delivery.events == [9])
        #expect(buffer.lastVersion == 9)
    }
}
