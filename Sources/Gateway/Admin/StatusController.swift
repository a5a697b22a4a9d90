// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import HTTPTypes
import Hummingbird
import NIOCore
import RTCDriver

/// What operators see: what is on the air and what has happened, once or as it comes; they can end a broadcast here.
struct StatusController: Sendable {
    private let registry: BroadcastRegistry
    private let key: AdminKey

    /// Makes the controller.
    ///
    /// - Parameters:
    ///   - registry: where broadcasts live.
    ///   - configuration: has the key.
    init(registry: BroadcastRegistry, configuration: GatewayConfiguration) {
        self.registry = registry
        key = AdminKey(configuration)
    }

    private var board: StatusBoard { registry.board }

    /// Adds the routes.
    ///
    /// - Parameter router: a router.
    func add(to router: Router<GatewayRequestContext>) {
        get("api/v1/status", router) { _, _ in JSONBody.response(of: await gateway()) }
        get("api/v1/broadcasts", router) { request, context in
            if ServerSentEvent.isWanted(by: request) { return try await broadcastStream(on: context.channel) }
            await registry.measure()
            return JSONBody.response(of: broadcasts)
        }
        get("api/v1/broadcasts/:id", router) { _, context in
            let id = try context.broadcastID()
            await registry.measure(id)
            return try broadcast(id)
        }
        get("api/v1/events", router) { request, context in
            if ServerSentEvent.isWanted(by: request) { return try eventStream(request, on: context.channel) }
            return JSONBody.response(of: events(request))
        }
        router.delete("api/v1/broadcasts/:id") { request, context in
            try key.check(request)
            let id = try context.broadcastID()
            guard await registry.end(id, .endedByOperator) else { throw Refusal.broadcastNotFound }
            return try broadcast(id)
        }
        for path in ["api/v1/status", "api/v1/broadcasts", "api/v1/events"] as [RouterPath] {
            refuse([.post, .put, .patch, .delete], path, allowed: "GET, HEAD", router)
        }
        refuse([.post, .put, .patch], "api/v1/broadcasts/:id", allowed: "GET, HEAD, DELETE", router)
    }

    /// Adds a route for GET, and for HEAD, that operators alone may use.
    private func get(
        _ path: RouterPath,
        _ router: Router<GatewayRequestContext>,
        _ answer: @escaping @Sendable (Request, GatewayRequestContext) async throws -> Response
    ) {
        for method in [HTTPRequest.Method.get, .head] {
            router.on(path, method: method) { request, context in
                try key.check(request)
                return try await answer(request, context)
            }
        }
    }

    private func refuse(
        _ methods: [HTTPRequest.Method],
        _ path: RouterPath,
        allowed: String,
        _ router: Router<GatewayRequestContext>
    ) {
        for method in methods {
            router.on(path, method: method) { _, _ -> Response in throw Refusal.methodNotAllowed(allowed: allowed) }
        }
    }

    // MARK: Broadcasts

    /// What is on the air, and what was.
    private var broadcasts: JSONValue {
        [
            "broadcasts": .array(board.broadcasts.map(\.document)),
            "ended": .array(board.ended.map(\.document)),
        ]
    }

    private func broadcast(_ id: BroadcastID) throws(Refusal) -> Response {
        guard let report = board.report(of: id) else { throw .broadcastNotFound }
        return JSONBody.response(of: report.document)
    }

    /// All that there are, and then each that changes.
    private func broadcastStream(on channel: any Channel) async throws -> Response {
        await registry.measure()
        guard let watch = board.watch() else { throw ServerSentEvent.tooManyReaders }
        let all = JSONBody.text(JSONValue.object(["broadcasts": .array(watch.broadcasts.map(\.document))]))
        return EventStream(watch.changes, on: channel) { change in
            ServerSentEvent.text(id: change.id, "broadcast", JSONBody.text(change.value.document))
        }
        .response(after: ServerSentEvent.text(id: watch.last, "snapshot", all))
    }

    // MARK: Events

    /// What is remembered of what has happened, after an event and of a broadcast where the query says so.
    private func events(_ request: Request) -> JSONValue {
        let last = request.uri.queryParameters.get("after", as: Int.self) ?? 0
        let broadcast = request.uri.queryParameters.get("broadcast")
        let events = board.events.events.filter { event in
            event.id > last && (broadcast == nil || broadcast == "\(event.value.broadcast)")
        }
        return ["events": .array(events.map { $0.value.document(id: $0.id) })]
    }

    private func eventStream(_ request: Request, on channel: any Channel) throws -> Response {
        guard let subscription = board.events.subscribe(after: ServerSentEvent.lastID(of: request)) else {
            throw ServerSentEvent.tooManyReaders
        }
        return EventStream(subscription, on: channel) { event in
            let document = event.value.document(id: event.id)
            return ServerSentEvent.text(id: event.id, event.value.happening.name, JSONBody.text(document))
        }
        .response()
    }

    // MARK: The gateway

    private func gateway() async -> JSONValue {
        let broadcasts = board.broadcasts
        let counts = Dictionary(grouping: broadcasts, by: \.status.name).mapValues { UInt64($0.count) }
        let none: [String: UInt64] = ["connecting": 0, "live": 0, "waiting": 0, "recovering": 0]
        let obstacle = await registry.obstacle?.problem
        return [
            "version": .string(GatewayVersion.text),
            "time": .time(.now),
            "startedAt": .time(board.started),
            "uptimeSeconds": .integer((ContinuousClock.now - board.startedAt).components.seconds),
            "ready": .bool(obstacle == nil),
            "obstacle": obstacle.map { ["title": .string($0.title), "detail": .text($0.detail)] } ?? .null,
            "draining": .bool(registry.drain.course != nil),
            "broadcasts": .counts(none.merging(counts) { $1 }),
            "maximumSessions": .integer(Int64(registry.environment.publisherLimit)),
            "workers": .array(await workers()),
            "drops": .counts(await registry.environment.workers.drops()),
            "counters": board.counters.document(registry.environment.recoveries),
        ]
    }

    private func workers() async -> [JSONValue] {
        var documents: [JSONValue] = []
        for worker in registry.environment.workers.workers {
            guard let statistics = try? await worker.statistics() else { continue }
            documents.append([
                "udpPort": .integer(Int64(worker.port)),
                "tcpPort": worker.streamPort.map { .integer(Int64($0)) } ?? .null,
                "sessions": .integer(Int64(statistics.sessions)),
                "packetsForwarded": .count(statistics.packetsForwarded),
                "cpuSeconds": .number((statistics.cpuTime / .milliseconds(1)).rounded() / 1_000),
                "handshakes": [
                    "completed": .count(statistics.handshakes.completed),
                    "failed": .count(statistics.handshakes.failed),
                    "unfinished": .count(statistics.handshakes.unfinished),
                ],
            ])
        }
        return documents
    }
}
