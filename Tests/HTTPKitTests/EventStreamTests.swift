// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Hummingbird
import NIOCore
import NIOPosix
import Testing

/// What the streams of SkyWayLocal and the gateway have in common; the tests of both show what is in them.
@Suite("Server-sent events", .timeLimit(.minutes(1)))
struct EventStreamTests {
    /// A context that knows its connection.
    private struct ChannelContext: RequestContext {
        var coreContext: CoreRequestContextStorage
        let channel: any Channel

        init(source: ApplicationRequestContextSource) {
            coreContext = CoreRequestContextStorage(source: source)
            channel = source.channel
        }
    }

    /// Serves a feed, without heartbeats and without mercy for those who fall behind.
    private static func serve(_ feed: EventFeed<String>, _ body: (Int) async throws -> Void) async throws {
        let router = Router(context: ChannelContext.self)
        router.get("events") { request, context -> Response in
            let subscription = feed.subscribe(after: ServerSentEvent.lastID(of: request))
            guard let subscription else { return Response(status: .serviceUnavailable) }
            return EventStream(subscription, on: context.channel) { wait in
                if wait > .seconds(10) { try await Task.sleep(for: .seconds(600)) }
            } isLast: {
                $0 == "last"
            } text: {
                ServerSentEvent.text(id: $0.id, "news", $0.value)
            }
            .response(after: "data: first\n\n")
        }
        try await withLoopbackServer(router: router, server: .http1(), body: body)
    }

    private static let request = "GET /events HTTP/1.1\r\nHost: a\r\n"

    @Test("What says that it is the last ends the stream, and nobody is told to have fallen behind")
    func last() async throws {
        let feed = EventFeed<String>()
        try await Self.serve(feed) { port in
            async let answer = RawClient.exchange(
                port: port,
                Self.request + "Connection: close\r\n\r\n",
                until: "0\r\n\r\n"
            )
            while feed.readerCount == 0 { try await Task.sleep(for: .milliseconds(2)) }
            feed.publish("1")
            feed.publish("last")
            let text = try await answer
            #expect(text.contains("data: 1\n\n") && text.contains("data: last\n\n"))
            #expect(!text.contains("fallen behind"))
        }
    }

    @Test("A snapshot comes first, then what was missed, then what comes")
    func order() async throws {
        let feed = EventFeed<String>()
        for number in 1...3 { feed.publish("\(number)") }
        try await Self.serve(feed) { port in
            async let answer = RawClient.exchange(
                port: port,
                Self.request + "Last-Event-ID: 2\r\n\r\n",
                until: "data: 4\n\n\r\n"
            )
            while feed.readerCount == 0 { try await Task.sleep(for: .milliseconds(2)) }
            feed.publish("4")
            let text = try await answer
            let lines = text.split(separator: "\r\n").filter { $0.contains(":") && $0.contains("\n\n") }.joined()
            let expected = ": hello\n\ndata: first\n\nid: 3\nevent: news\ndata: 3\n\nid: 4\nevent: news\ndata: 4\n\n"
            #expect(lines == expected)
        }
    }

    @Test("A graceful shutdown ends the streams that are read, at once")
    func shutdown() async throws {
        let feed = EventFeed<String>()
        let ended = try await withThrowingTaskGroup(of: String.self) { group in
            try await Self.serve(feed) { port in
                group.addTask { try await RawClient.exchange(port: port, Self.request + "\r\n") }
                while feed.readerCount == 0 { try await Task.sleep(for: .milliseconds(2)) }
            }
            return try #require(try await group.next())
        }
        #expect(ended.contains(": hello") && !ended.contains("fallen behind"))
        #expect(feed.readerCount == 0)
    }

    @Test("A reader that does not read is cut off, and keeps no memory")
    func slow() async throws {
        let feed = EventFeed<String>(memory: 0, maximumReaders: 1, maximumBacklog: 16)
        try await Self.serve(feed) { port in
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: false)
                .connect(host: "127.0.0.1", port: port).get()
            try await channel.writeAndFlush(ByteBuffer(string: Self.request + "\r\n"))
            while feed.readerCount == 0 { try await Task.sleep(for: .milliseconds(2)) }
            let large = String(repeating: "x", count: 1 << 20)
            // Much more than the buffers of both sides hold.
            while feed.readerCount > 0 {
                feed.publish(large)
                try await Task.sleep(for: .milliseconds(1))
            }
            try await channel.setOption(.autoRead, value: true).get()
            try await channel.closeFuture.get()
        }
    }
}
