// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// What developers see of the server: its state, what happens, and a page that shows both.
struct StateRoutes: Sendable {
    let controlPlane: ControlPlane
    let router: SFURouter
    let faults: LocalFaults
    let feed: StateFeed

    /// Between two comments on a stream of events, by which a reader that is gone is noticed.
    private static let heartbeat = Duration.seconds(15)
    /// How long a reader that has fallen behind may take to read what is left.
    private static let grace = Duration.seconds(5)

    /// Adds the routes.
    func add(to router: Router<LocalRequestContext>) {
        router.get("local") { request, _ in StatePages.page.response(to: request) }
        router.get("local/assets/:name") { request, context in
            guard let page = context.parameters.get("name").flatMap({ StatePages.assets[$0] }) else {
                throw Problem(.notFound, detail: "There is no such file.")
            }
            return page.response(to: request)
        }
        router.get("local/state") { _, _ in await state() }
        router.get("local/events") { request, context in try events(request, on: context.channel) }
    }

    private func state() async -> Response {
        let (connections, channels) = await controlPlane.stateDocuments
        let document = StateDocument(
            time: controlPlane.clock.unixMilliseconds,
            skew: faults.skew,
            connections: connections,
            channels: channels,
            transports: await router.stateDocuments(),
            faults: faults.inForce,
            traffic: faults.traffic.document
        )
        return Response(
            status: .ok,
            headers: [.contentType: MediaType.json, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: JSONText.encodeBytes(document)))
        )
    }

    // MARK: Events

    private func events(_ request: Request, on channel: any NIOCore.Channel) throws -> Response {
        let last = request.headers[Self.lastEventID].flatMap { Int($0) }
        guard let subscription = feed.subscribe(after: last) else {
            throw Problem(.serviceUnavailable, detail: "There are \(StateFeed.maximumReaders) readers already.")
                .header(.retryAfter, "10")
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { [faults] writer in
                try await Self.write(subscription, clock: faults.clock, on: channel, to: &writer)
                try await writer.finish(nil)
            }
        )
    }

    private static let lastEventID: HTTPField.Name = {
        guard let name = HTTPField.Name("Last-Event-ID") else { preconditionFailure("a field name is no token") }
        return name
    }()

    private static func write(
        _ subscription: StateFeed.Subscription,
        clock: ServerClock,
        on channel: any NIOCore.Channel,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        let greeting = subscription.isComplete ? ": hello\n\n" : ": some events are not known any more\n\n"
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await watch(subscription, clock: clock, on: channel) }
            group.addTask {
                while !Task.isCancelled {
                    try await clock.sleep(for: heartbeat)
                    subscription.beat()
                }
            }
            try await writer.write(ByteBuffer(string: greeting + subscription.missed.map(\.text).joined()))
            for await event in subscription.events.cancelOnGracefulShutdown() {
                try await writer.write(ByteBuffer(string: event?.text ?? ": still here\n\n"))
            }
            if !Task.isShuttingDownGracefully {
                try await writer.write(ByteBuffer(string: ": you have fallen behind\n\n"))
            }
            group.cancelAll()
        }
    }

    /// Cuts off a reader that has fallen behind and does not read what is left.
    private static func watch(
        _ subscription: StateFeed.Subscription,
        clock: ServerClock,
        on channel: any NIOCore.Channel
    ) async throws {
        for await _ in subscription.fallen {}
        try await clock.sleep(for: grace)
        channel.close(promise: nil)
    }
}

extension StateFeed.Event {
    /// The event as the stream carries it (WHATWG HTML §9.2.5).
    fileprivate var text: String { "id: \(id)\nevent: \(kind.rawValue)\ndata: \(data)\n\n" }
}
