// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWayLocal

@Suite("The feed of what happens", .timeLimit(.minutes(1)))
struct StateFeedTests {
    private static func publish(_ count: Int, to feed: StateFeed, from first: Int = 1) {
        for number in first..<first + count { feed.publish(.channel, "\(number)") }
    }

    @Test("A reader gets what comes, in order")
    func live() async throws {
        let feed = StateFeed()
        Self.publish(2, to: feed)
        let subscription = try #require(feed.subscribe(after: nil))
        Self.publish(3, to: feed, from: 3)
        var iterator = subscription.events.makeAsyncIterator()
        for number in 3...5 {
            let event = StateFeed.Event(id: number, kind: .channel, data: "\(number)")
            #expect(await iterator.next() == .some(event))
        }
        #expect(subscription.missed.isEmpty && subscription.isComplete)
    }

    @Test("A reader that comes back gets what it has missed, once")
    func resume() throws {
        let feed = StateFeed()
        Self.publish(10, to: feed)
        let subscription = try #require(feed.subscribe(after: 7))
        #expect(subscription.missed.map(\.id) == [8, 9, 10])
        #expect(subscription.isComplete)
        #expect(try #require(feed.subscribe(after: 10)).missed.isEmpty)
    }

    @Test("What is not known any more is said to be missing")
    func forgotten() throws {
        let feed = StateFeed()
        Self.publish(StateFeed.memory + 10, to: feed)
        let late = try #require(feed.subscribe(after: 5))
        #expect(!late.isComplete)
        #expect(late.missed.count == StateFeed.memory)
        #expect(try #require(feed.subscribe(after: 10)).isComplete)
        // An id that this server has never given.
        #expect(try !#require(feed.subscribe(after: 99_999)).isComplete)
    }

    @Test("A reader that falls behind is let go, and the others are not")
    func slow() async throws {
        let feed = StateFeed()
        let slow = try #require(feed.subscribe(after: nil))
        let quick = try #require(feed.subscribe(after: nil))
        var iterator = quick.events.makeAsyncIterator()
        for number in 1...StateFeed.maximumBacklog + 1 {
            feed.publish(.channel, "\(number)")
            #expect(await iterator.next() == .some(.init(id: number, kind: .channel, data: "\(number)")))
        }
        for await _ in slow.fallen {}
        #expect(feed.readerCount == 1)
        var left = 0
        for await _ in slow.events { left += 1 }
        #expect(left == StateFeed.maximumBacklog)
    }

    @Test("There are no more readers than so many, and one that is gone makes room")
    func bounded() throws {
        let feed = StateFeed()
        var readers = (0..<StateFeed.maximumReaders).map { _ in feed.subscribe(after: nil) }
        #expect(readers.allSatisfy { $0 != nil })
        #expect(feed.subscribe(after: nil) == nil)
        readers.removeLast()
        #expect(feed.subscribe(after: nil) != nil)
        #expect(readers.count == StateFeed.maximumReaders - 1)
    }
}
