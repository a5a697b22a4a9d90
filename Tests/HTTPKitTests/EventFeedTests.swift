// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@Suite("The feed of what happens", .timeLimit(.minutes(1)))
struct EventFeedTests {
    private static func feed(with count: Int = 0, memory: Int = 1_024) -> EventFeed<String> {
        let feed = EventFeed<String>(memory: memory, maximumReaders: 4, maximumBacklog: 16)
        publish(count, to: feed)
        return feed
    }

    private static func publish(_ count: Int, to feed: EventFeed<String>, from first: Int = 1) {
        for number in first..<first + count { feed.publish("\(number)") }
    }

    @Test("A reader gets what comes, in order")
    func live() async throws {
        let feed = Self.feed(with: 2)
        let subscription = try #require(feed.subscribe())
        Self.publish(3, to: feed, from: 3)
        var iterator = subscription.events.makeAsyncIterator()
        for number in 3...5 { #expect(await iterator.next() == .some(.init(id: number, "\(number)"))) }
        #expect(subscription.missed.isEmpty && subscription.isComplete)
        #expect(feed.lastID == 5 && feed.events.map(\.value) == ["1", "2", "3", "4", "5"])
    }

    @Test("A reader that comes back gets what it has missed, once")
    func resume() throws {
        let feed = Self.feed(with: 10)
        let subscription = try #require(feed.subscribe(after: 7))
        #expect(subscription.missed.map(\.id) == [8, 9, 10])
        #expect(subscription.isComplete)
        #expect(try #require(feed.subscribe(after: 10)).missed.isEmpty)
    }

    @Test("What is not known any more is said to be missing")
    func forgotten() throws {
        let feed = Self.feed(with: 30, memory: 20)
        let late = try #require(feed.subscribe(after: 5))
        #expect(!late.isComplete)
        #expect(late.missed.count == 20)
        #expect(try #require(feed.subscribe(after: 10)).isComplete)
        // An id that this server has never given.
        #expect(try !#require(feed.subscribe(after: 99)).isComplete)
    }

    @Test("A feed without a memory knows nothing of what is gone, and tells what comes")
    func withoutMemory() async throws {
        let feed = Self.feed(with: 3, memory: 0)
        let subscription = try #require(feed.subscribe(after: 1))
        #expect(subscription.missed.isEmpty && !subscription.isComplete)
        #expect(try #require(feed.subscribe(after: 3)).isComplete)
        feed.publish("next")
        var iterator = subscription.events.makeAsyncIterator()
        #expect(await iterator.next() == .some(.init(id: 4, "next")))
    }

    @Test("A reader that falls behind is let go, and the others are not")
    func slow() async throws {
        let feed = Self.feed()
        let slow = try #require(feed.subscribe())
        let quick = try #require(feed.subscribe())
        var iterator = quick.events.makeAsyncIterator()
        for number in 1...feed.maximumBacklog + 1 {
            feed.publish("\(number)")
            #expect(await iterator.next() == .some(.init(id: number, "\(number)")))
        }
        for await _ in slow.fallen {}
        #expect(feed.readerCount == 1)
        var left = 0
        for await _ in slow.events { left += 1 }
        #expect(left == feed.maximumBacklog)
    }

    @Test("There are no more readers than so many, and one that is gone makes room")
    func bounded() throws {
        let feed = Self.feed()
        var readers = (0..<feed.maximumReaders).map { _ in feed.subscribe() }
        #expect(readers.allSatisfy { $0 != nil })
        #expect(feed.subscribe() == nil)
        readers.removeLast()
        #expect(feed.subscribe() != nil)
        #expect(readers.count == feed.maximumReaders - 1)
    }
}
