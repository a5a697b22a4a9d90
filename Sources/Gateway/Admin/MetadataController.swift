// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import HTTPTypes
package import Hummingbird
import NIOCore
import SkyWay

/// What operators and their tools say of the metadata of a broadcast that runs.
package struct MetadataController: Sendable {
    private let registry: BroadcastRegistry
    private let key: AdminKey

    private static let methods = "GET, HEAD, PUT, PATCH, DELETE"

    /// Makes the controller.
    ///
    /// - Parameters:
    ///   - registry: where broadcasts live.
    ///   - configuration: has the key.
    package init(registry: BroadcastRegistry, configuration: GatewayConfiguration) {
        self.registry = registry
        key = AdminKey(configuration)
    }

    /// Adds the routes.
    ///
    /// - Parameter router: a router.
    package func add(to router: Router<GatewayRequestContext>) {
        let path: RouterPath = "api/v1/broadcasts/:id/metadata"
        for method in [HTTPRequest.Method.get, .head] {
            router.on(path, method: method) { request, context in
                Self.response(try await broadcast(request, context).metadata.report)
            }
        }
        router.put(path) { request, context in
            let broadcast = try await broadcast(request, context)
            let value = try await Self.value(in: request)
            let texts = try Self.telling { () throws(MetadataFlaw) in try MetadataTexts(value) }
            return try await Self.say(of: texts.subjects, in: broadcast) { $0 = texts }
        }
        router.patch(path) { request, context in
            let broadcast = try await broadcast(request, context)
            let value = try await Self.value(in: request)
            let named = try Self.telling { () throws(MetadataFlaw) in try MetadataTexts(value).subjects }
            return try await Self.say(of: named, in: broadcast) { texts throws(MetadataFlaw) in try texts.merge(value) }
        }
        router.delete(path) { request, context in
            try await Self.say(of: [], in: try await broadcast(request, context)) { $0 = MetadataTexts() }
        }
        router.post(path) { _, _ -> Response in throw Refusal.methodNotAllowed(allowed: Self.methods) }
    }

    /// The broadcast that the address names, for the operator alone.
    private func broadcast(_ request: Request, _ context: GatewayRequestContext) async throws(Refusal) -> Broadcast {
        try key.check(request)
        let id = try context.broadcastID()
        guard let broadcast = await registry.entries[id]?.broadcast else { throw .broadcastNotFound }
        return broadcast
    }

    private static func value(in request: Request) async throws -> JSONValue {
        let body = try await request.collectWHIPBody()
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(body.readableBytesView)) else {
            throw Refusal.malformedMetadata(MetadataFlaw("has to be JSON"))
        }
        return value
    }

    private static func say(
        of subjects: Set<MetadataSubject>,
        in broadcast: Broadcast,
        _ change: @Sendable (inout MetadataTexts) throws(MetadataFlaw) -> Void
    ) async throws(Refusal) -> Response {
        do {
            return response(try await broadcast.sayMetadata(of: subjects, change))
        } catch {
            throw .malformedMetadata(error)
        }
    }

    private static func telling<Result>(_ body: () throws(MetadataFlaw) -> Result) throws(Refusal) -> Result {
        do {
            return try body()
        } catch {
            throw .malformedMetadata(error)
        }
    }

    private static func response(_ report: MetadataReport) -> Response {
        JSONBody.response(of: report.document)
    }
}
