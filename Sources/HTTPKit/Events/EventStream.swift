// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
package import Hummingbird
package import NIOCore
import ServiceLifecycle

/// A feed as server-sent events carry it (WHATWG HTML §9.2).
///
/// A comment comes when nothing else has for a while, so that a reader that is gone is noticed. One that falls behind is
/// told so and let go; one that does not even read that has its connection closed. A graceful shutdown ends it at once.
package struct EventStream<Value: Sendable>: Sendable {
    private let subscription: EventFeed<Value>.Subscription
    private let channel: any Channel
    private let sleep: @Sendable (Duration) async throws -> Void
    private let isLast: @Sendable (Value) -> Bool
    private let text: @Sendable (EventFeed<Value>.Event) -> String

    /// Between two comments.
    private static var heartbeat: Duration { .seconds(15) }
    /// How long a reader that has fallen behind may take to read what is left.
    private static var grace: Duration { .seconds(5) }

    /// Makes the stream of one reader.
    ///
    /// - Parameters:
    ///   - subscription: what the reader gets.
    ///   - channel: its connection, or its stream of HTTP/2.
    ///   - sleep: waits for so long.
    ///   - isLast: whether nothing comes after an event, so that the stream ends with it.
    ///   - text: an event as it is sent.
    package init(
        _ subscription: EventFeed<Value>.Subscription,
        on channel: any Channel,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        isLast: @escaping @Sendable (Value) -> Bool = { _ in false },
        text: @escaping @Sendable (EventFeed<Value>.Event) -> String
    ) {
        self.subscription = subscription
        self.channel = channel
        self.sleep = sleep
        self.isLast = isLast
        self.text = text
    }

    /// Makes the answer that has the stream as its body, which ends with the last event alone.
    ///
    /// - Parameter snapshot: events that come before all others; empty for none.
    /// - Returns: the answer.
    package func response(after snapshot: String = "") -> Response {
        Response(
            status: .ok,
            headers: [.contentType: MediaType.eventStream, .cacheControl: "no-store"],
            body: ResponseBody { writer in
                try await write(after: snapshot, to: &writer)
                try await writer.finish(nil)
            }
        )
    }

    private func write(after snapshot: String, to writer: inout any ResponseBodyWriter) async throws {
        let greeting = subscription.isComplete ? ": hello\n\n" : ": some events are not known any more\n\n"
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await cutOff() }
            group.addTask {
                while !Task.isCancelled {
                    try await sleep(Self.heartbeat)
                    subscription.beat()
                }
            }
            var hasEnded = false
            let beginning = greeting + snapshot + subscription.missed.map(text).joined()
            try await writer.write(ByteBuffer(string: beginning))
            for await event in subscription.events.cancelOnGracefulShutdown() {
                try await writer.write(ByteBuffer(string: event.map(text) ?? ": still here\n\n"))
                if let event, isLast(event.value) {
                    hasEnded = true
                    break
                }
            }
            if !hasEnded, !Task.isShuttingDownGracefully {
                try await writer.write(ByteBuffer(string: ": you have fallen behind\n\n"))
            }
            group.cancelAll()
        }
    }

    /// Closes the connection of a reader that has fallen behind and does not read what is left.
    private func cutOff() async throws {
        for await _ in subscription.fallen {}
        try await sleep(Self.grace)
        channel.close(promise: nil)
    }
}

/// How one event is written.
package enum ServerSentEvent {
    /// Writes an event.
    ///
    /// - Parameters:
    ///   - id: its number, which a reader that comes back names.
    ///   - name: what it is.
    ///   - data: a document on one line.
    /// - Returns: the event as it is sent.
    package static func text(id: Int, _ name: String, _ data: String) -> String {
        "id: \(id)\nevent: \(name)\ndata: \(data)\n\n"
    }

    /// Whether a request wants them.
    package static func isWanted(by request: Request) -> Bool {
        request.headers[.accept]?.contains(MediaType.eventStream) == true
    }

    /// The answer where nobody else is let in to a feed.
    package static var tooManyReaders: Problem {
        Problem(.serviceUnavailable, detail: "Too many listeners; ask for application/json instead.")
            .header(.retryAfter, "10")
    }

    /// The number of the last event that a reader has that comes back; `nil` for one that has none.
    package static func lastID(of request: Request) -> Int? { request.headers[.lastEventID].flatMap { Int($0) } }
}
