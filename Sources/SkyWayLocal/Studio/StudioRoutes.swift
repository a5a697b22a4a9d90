// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird

/// `/studio`: a page that does by hand what an application does with SkyWay (``LocalAccess`` says for whom).
struct StudioRoutes: Sendable {
    private let application: LocalApplication?
    private let sdk: EmbeddedPage?

    /// Takes what the page is told from a configuration.
    init(_ configuration: SkyWayLocalConfiguration) {
        // The secret of the development application protects nothing; any other stays where it is.
        application = configuration.applications.first { $0 == .development }
        sdk = configuration.sdk.map(StudioFiles.sdk)
    }

    /// What the page is told of this server.
    private struct Told: Encodable {
        /// Where the services are, as the page reached this server.
        struct Hosts: Encodable {
            let rtcApi: String
            let sfu: String
            let iceParams: String
        }

        let appId: String
        let secret: String
        /// Whether `/studio/sdk.js` is there.
        let sdk: Bool
        let hosts: Hosts
    }

    /// Adds the routes.
    func add(to router: Router<some RequestContext>) {
        router.get("studio") { request, _ in try file(StudioFiles.page, request) }
        router.get("studio/config.json") { request, _ in configuration(for: request) }
        router.get("studio/:file") { request, context in try file(context.parameters.get("file") ?? "", request) }
    }

    private func file(_ name: String, _ request: Request) throws -> Response {
        guard let file = name == "sdk.js" ? sdk : StudioFiles.all[name] else {
            throw Problem(.notFound, detail: "The studio has no such file.")
        }
        return file.response(to: request)
    }

    private func configuration(for request: Request) -> Response {
        let host = request.head.authority ?? ""
        let told = Told(
            appId: application?.id ?? "",
            secret: application?.secret ?? "",
            sdk: sdk != nil,
            hosts: Told.Hosts(rtcApi: host, sfu: host, iceParams: host)
        )
        var response = JSONAnswer.ok(told)
        response.headers[.cacheControl] = "no-store"
        return response
    }
}
