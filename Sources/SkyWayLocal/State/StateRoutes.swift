// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird
import NIOCore

/// What developers see of the server: its state, what happens, and a page that shows both.
struct StateRoutes: Sendable {
    let controlPlane: ControlPlane
    let router: SFURouter
    let faults: LocalFaults
    let feed: StateFeed

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
        guard let subscription = feed.subscribe(after: ServerSentEvent.lastID(of: request)) else {
            throw Problem(.serviceUnavailable, detail: "There are \(StateFeed.maximumReaders) readers already.")
                .header(.retryAfter, "10")
        }
        let clock = faults.clock
        return EventStream(subscription, on: channel) {
            try await clock.sleep(for: $0)
        } text: {
            ServerSentEvent.text(id: $0.id, $0.value.kind.rawValue, $0.value.data)
        }
        .response()
    }
}
