// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird
import NIOCore

/// Gives operators the statistics of a broadcast, once or each second.
struct StatisticsController: Sendable {
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

    /// Adds the routes.
    ///
    /// - Parameter router: a router.
    func add(to router: Router<GatewayRequestContext>) {
        let path: RouterPath = "api/v1/broadcasts/:id/stats"
        for method in [HTTPRequest.Method.get, .head] {
            router.on(path, method: method) { request, context in
                try key.check(request)
                return try answer(request, context)
            }
        }
        for method in [HTTPRequest.Method.post, .put, .patch, .delete] {
            router.on(path, method: method) { _, _ -> Response in
                throw Refusal.methodNotAllowed(allowed: "GET, HEAD")
            }
        }
    }

    private func answer(_ request: Request, _ context: GatewayRequestContext) throws -> Response {
        let id = try context.broadcastID()
        guard let statistics = registry.board.statistics(of: id), let report = registry.board.report(of: id) else {
            throw Refusal.broadcastNotFound
        }
        if ServerSentEvent.isWanted(by: request), let stream = try stream(of: id, statistics, on: context.channel) {
            return stream
        }
        var fields = statistics.snapshot.map { $0.fields(of: id) } ?? Self.nothing(of: id)
        fields["status"] = .string(report.status.name)
        if let seconds = try Self.seconds(request) {
            fields["history"] = .array(statistics.history(seconds: seconds).map(\.document))
        }
        return JSONBody.response(of: fields)
    }

    /// What is answered before anything was read.
    private static func nothing(of id: BroadcastID) -> [String: JSONValue] {
        ["id": .string("\(id)"), "timestamp": .null, "interval": 0, "audioVideoOffset": .null, "stats": []]
    }

    /// How much of the past is asked for; `nil` for none.
    private static func seconds(_ request: Request) throws(Refusal) -> Int? {
        let most = BroadcastStatistics.memory
        return try request.number("seconds", in: 1...most)
    }

    /// One event a second, until the broadcast is over; `nil` where it is.
    private func stream(
        of id: BroadcastID,
        _ statistics: BroadcastStatistics,
        on channel: any Channel
    ) throws -> Response? {
        guard let readings = statistics.feed.subscribe() else { throw ServerSentEvent.tooManyReaders }
        guard !statistics.isOver else { return nil }
        return EventStream(readings, on: channel, isLast: \.isLast) { event in
            ServerSentEvent.text(id: event.id, "stats", JSONBody.text(event.value.document(of: id)))
        }
        .response()
    }
}

extension Request {
    /// A number of the query.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - range: what it may be.
    /// - Returns: the number; `nil` where the query has none.
    /// - Throws: `Refusal.malformedQuery` where it is something else.
    func number(_ name: String, in range: ClosedRange<Int>) throws(Refusal) -> Int? {
        guard let text = uri.queryParameters.get(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .malformedQuery("\"\(name)\" has to be a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}
