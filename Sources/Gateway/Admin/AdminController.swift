// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import HTTPTypes
package import Hummingbird
import NIOCore
import SkyWay

/// What operators and their tools ask: whether the gateway lives, whether it takes publishers, and that it should not.
package struct AdminController: Sendable {
    private let registry: BroadcastRegistry
    private let defaults: Drain.Request
    private let key: AdminKey

    private static let methods = "GET, HEAD, PUT, DELETE"
    private static let bodyLimit = 4_096
    /// The longest time that a drain may be given: a week.
    private static let longestLimit = 604_800

    /// Makes the controller.
    ///
    /// - Parameters:
    ///   - registry: where broadcasts live.
    ///   - configuration: has the key, and what a drain does that is asked for without more.
    package init(registry: BroadcastRegistry, configuration: GatewayConfiguration) {
        self.registry = registry
        defaults = configuration.drain
        key = AdminKey(configuration)
    }

    /// Adds the routes.
    ///
    /// - Parameter router: a router.
    package func add(to router: Router<GatewayRequestContext>) {
        for method in [HTTPRequest.Method.get, .head] {
            router.on("health", method: method) { _, _ in Self.status("healthy") }
            router.on("ready", method: method) { _, _ in try await readiness() }
            router.on("api/v1/drain", method: method) { request, _ in
                try key.check(request)
                return await state()
            }
        }
        router.put("api/v1/drain") { request, _ in
            try key.check(request)
            registry.drain.begin(try await drainRequest(in: request))
            return await state()
        }
        router.delete("api/v1/drain") { request, _ in
            try key.check(request)
            registry.drain.end()
            return await state()
        }
        for method in [HTTPRequest.Method.post, .patch] {
            router.on("api/v1/drain", method: method) { _, _ -> Response in
                throw Refusal.methodNotAllowed(allowed: Self.methods)
            }
        }
    }

    /// Whether somebody who came now could publish.
    private func readiness() async throws -> Response {
        if let obstacle = await registry.obstacle { throw obstacle }
        return Self.status("ready")
    }

    private static func status(_ word: String) -> Response {
        JSONBody.response(of: ["status": word])
    }

    // MARK: Draining

    /// How far the gateway is drained.
    private func state() async -> Response {
        let course = registry.drain.course
        let left = course?.end.map { max(0, ($0 - .now).components.seconds) }
        let fields: [String: JSONValue] = [
            "draining": .bool(course != nil),
            "sessions": .integer(Int64(await registry.count)),
            "redirect": course?.request.redirect.map { .string($0.text) } ?? .null,
            "secondsLeft": left.map { .integer($0) } ?? .null,
        ]
        return JSONBody.response(of: fields)
    }

    /// What is asked for: what a field does not say, the configuration does.
    private func drainRequest(in request: Request) async throws -> Drain.Request {
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: Self.bodyLimit)
        } catch is NIOTooManyBytesError {
            throw Refusal.bodyTooLarge
        }
        guard body.readableBytes > 0 else { return defaults }
        let data = Data(body.readableBytesView)
        guard let fields = try? JSONDecoder().decode([String: JSONValue].self, from: data) else {
            throw Refusal.malformedDrain("Send a JSON object, or no body.")
        }
        return try Self.drainRequest(fields, defaults)
    }

    private static func drainRequest(
        _ fields: [String: JSONValue],
        _ defaults: Drain.Request
    ) throws(Refusal) -> Drain.Request {
        var result = defaults
        for (name, value) in fields {
            switch (name, value) {
            case ("redirect", .null): result.redirect = nil
            case ("redirect", .string(let text)):
                guard let origin = WebOrigin(text) else {
                    throw .malformedDrain("\"redirect\" has to be an address such as https://whip.example.com.")
                }
                result.redirect = origin
            case ("limitSeconds", .null): result.limit = nil
            case ("limitSeconds", .integer(let seconds)) where (0...Int64(longestLimit)).contains(seconds):
                result.limit = .seconds(seconds)
            case ("limitSeconds", _):
                throw .malformedDrain("\"limitSeconds\" has to be a number from 0 to \(longestLimit).")
            default:
                throw .malformedDrain("Send \"redirect\", an address, and \"limitSeconds\", a number, or neither.")
            }
        }
        return result
    }
}
