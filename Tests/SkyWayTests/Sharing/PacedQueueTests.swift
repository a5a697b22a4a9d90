// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWay

@Suite("Requests that wait for their turn")
struct PacedQueueTests {
    private let start = ContinuousClock.now

    private func queue(burst: Int = 1, limit: Int = 10) -> PacedQueue<String> {
        PacedQueue(TokenBucket(burst: burst, perSecond: 5), limit: limit)
    }

    /// All that waits, in the order of its turns, and when it had them, in milliseconds.
    private func drain(_ queue: inout PacedQueue<String>) -> [(String, Double)] {
        var now = start
        var turns: [(String, Double)] = []
        while let wait = queue.wait(at: now) {
            now += wait
            if let element = queue.next(at: now) { turns.append((element, (now - start) / .milliseconds(1))) }
        }
        return turns
    }

    @Test("come in the order in which they were made, at the pace of the bucket")
    func order() {
        var queue = queue(burst: 2)
        for name in ["a", "b", "c", "d"] { #expect(queue.add(name, isUrgent: false) == true) }
        let turns = drain(&queue)
        #expect(turns.map(\.0) == ["a", "b", "c", "d"])
        #expect(turns.map(\.1) == [0, 0, 200, 400])
    }

    @Test("what a broadcast lives by goes before all that waits")
    func urgent() {
        var queue = queue()
        for name in ["a", "b", "c"] { #expect(queue.add(name, isUrgent: false) == true) }
        #expect(queue.next(at: start) == "a")
        #expect(queue.add("ttl", isUrgent: true) == true)
        #expect(queue.add("token", isUrgent: true) == true)
        #expect(queue.next(at: start + .milliseconds(200)) == "ttl")
        #expect(drain(&queue).map(\.0) == ["token", "b", "c"])
    }

    @Test("who waits no more takes nobody's turn")
    func cancelled() {
        var queue = queue()
        for name in ["a", "b", "c"] { #expect(queue.add(name, isUrgent: false) == true) }
        queue.remove("b")
        queue.remove("never there")
        let turns = drain(&queue)
        #expect(turns.map(\.0) == ["a", "c"])
        #expect(turns.map(\.1) == [0, 200])
        #expect(queue.wait(at: start) == nil && queue.next(at: start) == nil)
    }

    @Test("more than can have their turn in time are not taken")
    func full() {
        var queue = queue(limit: 2)
        #expect(queue.add("a", isUrgent: false) == true)
        #expect(queue.add("b", isUrgent: true) == true)
        #expect(queue.add("c", isUrgent: true) == false)
        _ = queue.next(at: start)
        #expect(queue.add("c", isUrgent: true) == true)
    }

    @Test("what was sent over a connection that is lost still counts")
    func newConnection() {
        var queue = queue()
        #expect(queue.add("a", isUrgent: false) == true)
        #expect(queue.next(at: start) == "a")
        queue.removeAll()
        #expect(queue.add("a", isUrgent: false) == true)
        #expect(queue.next(at: start) == nil)
        #expect(queue.wait(at: start) == .milliseconds(200))
    }
}
