// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
package import Hummingbird
import NIOCore
import ServiceLifecycle

/// The pages, and what they ask of the gateway.
package struct WebController: Sendable {
    private let live: LiveBoard
    private let configuration: ByteBuffer

    /// Between two comments on a stream of events, by which a client that is gone is noticed.
    private static let heartbeat = Duration.seconds(15)

    /// Makes the controller.
    ///
    /// - Parameters:
    ///   - live: what is on the air.
    ///   - configuration: what the pages are told.
    package init(live: LiveBoard, configuration: PageConfiguration) {
        self.live = live
        self.configuration = JSONBody.encode(configuration)
    }

    /// Adds the routes.
    ///
    /// - Parameter router: a router.
    package func add(to router: Router<GatewayRequestContext>) {
        router.get("/") { request, _ in Page.index.response(to: request) }
        router.get("publish") { request, _ in Page.publish.response(to: request) }
        router.get("watch/:channel") { request, _ in Page.watch.response(to: request) }
        router.get("assets/:name") { request, context in
            guard let page = context.parameters.get("name").flatMap({ Page.assets[$0] }) else {
                throw HTTPError(.notFound)
            }
            return page.response(to: request)
        }
        router.get("api/v1/config") { _, _ in JSONBody.response(configuration) }
        router.get("api/v1/live") { request, _ in try onAir(request) }
    }

    // MARK: What is on the air

    private struct OnAir: Encodable {
        var broadcasts: [LiveBoard.Entry]
    }

    private func onAir(_ request: Request) throws -> Response {
        guard ServerSentEvent.isWanted(by: request) else {
            return JSONBody.response(of: OnAir(broadcasts: live.entries))
        }
        guard let changes = live.observe() else { throw ServerSentEvent.tooManyReaders }
        return Response(
            status: .ok,
            headers: [.contentType: MediaType.eventStream, .cacheControl: "no-store"],
            body: ResponseBody { writer in
                try await Self.write(changes, to: &writer)
                try await writer.finish(nil)
            }
        )
    }

    private static func write(_ changes: AsyncStream<[LiveBoard.Entry]>, to writer: inout any ResponseBodyWriter)
        async throws
    {
        let (messages, continuation) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingNewest(4))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await entries in changes {
                    continuation.yield("event: live\ndata: \(JSONBody.text(OnAir(broadcasts: entries)))\n\n")
                }
                continuation.finish()
            }
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: heartbeat)
                    continuation.yield(": still here\n\n")
                }
            }
            for await message in messages.cancelOnGracefulShutdown() {
                try await writer.write(ByteBuffer(string: message))
            }
            group.cancelAll()
        }
    }
}

/// What the pages are told of the gateway (`api.js` says what each means).
package struct PageConfiguration: Sendable, Encodable {
    /// Where to publish.
    package var whip = "/whip"
    /// Where to watch; `nil` where viewers watch elsewhere.
    package var whep: String?
    /// The languages of the pages, the preferred one first.
    package var languages = ["ja", "en"]
    /// Whether publishing needs a bearer token.
    package var auth = false
    package var version = GatewayVersion.text

    /// Makes the configuration of a gateway that tells nothing special.
    package init() {}

    private enum Key: CodingKey {
        case whip
        case whep
        case languages
        case auth
        case version
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(whip, forKey: .whip)
        // Null is said, so that a page can tell it from an older gateway.
        try container.encode(whep, forKey: .whep)
        try container.encode(languages, forKey: .languages)
        try container.encode(auth, forKey: .auth)
        try container.encode(version, forKey: .version)
    }
}

/// The version of this program.
package enum GatewayVersion {
    /// As Semantic Versioning writes it.
    package static let text = "0.1.0"
}
