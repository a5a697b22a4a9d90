// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird
import RTC

/// Decides who may use what is not SkyWay's: everything below `/local` and `/studio`.
///
/// State tells every id and fault knobs break things, so both are for whoever runs the server: there on loopback, or
/// where they have been switched on. Without a token, what is left to keep out is a page of another site in the
/// browser of a developer. It finds no CORS headers here, its `Origin` is not ours, it can't send JSON without asking
/// first, and a name of its own that it lets point to this machine (DNS rebinding) is no name of ours.
struct LocalAccess: Sendable {
    private let isOpen: Bool
    private let isLoopback: Bool
    private let host: String

    /// Takes from a configuration who may come in.
    init(_ configuration: SkyWayLocalConfiguration) {
        host = configuration.host.lowercased()
        isLoopback = IPAddress.isLoopback(host: host)
        isOpen = isLoopback || configuration.localAPI
    }

    /// Whether a path is one of those that are kept.
    static func covers(_ path: String) -> Bool {
        switch path.split(separator: "/").first {
        case "local", "studio": true
        default: false
        }
    }

    /// Why a request is not let in; nil when it is.
    func refusal(of request: Request) -> Problem? {
        guard isOpen else {
            return Problem(
                .notFound,
                detail: "State, fault knobs and the studio are off, because this server can be reached from other "
                    + "machines. Start it with --local-api to switch them on for everybody who reaches it."
            )
        }
        guard let authority = request.head.authority?.lowercased(), isOurs(request.host.lowercased()) else {
            return Problem(
                .misdirectedRequest,
                detail: "Use this server's IP address or localhost here: any other name may be somebody else's trick."
            )
        }
        if let origin = request.headers[.origin], !Self.origin(origin.lowercased(), isOf: authority) {
            return Problem(.forbidden, detail: "Pages of other origins can't use this.")
        }
        if request.method == .post, !MediaType.matches(request.headers[.contentType], MediaType.json) {
            return Problem(.unsupportedMediaType, detail: "Send the body with Content-Type: application/json.")
        }
        return nil
    }

    /// Whether a name in `Host` can only mean this server; on other addresses than loopback names are people's own.
    private func isOurs(_ name: String) -> Bool {
        !isLoopback || name == "localhost" || name == host || IPAddress(name) != nil
    }

    /// Whether an origin is `http://` or `https://` and what the request names as its host.
    private static func origin(_ origin: String, isOf authority: String) -> Bool {
        origin == "http://\(authority)" || origin == "https://\(authority)"
    }
}

/// Turns away who may not use `/local` and `/studio`; everything else passes.
struct LocalAccessMiddleware<Context: RequestContext>: RouterMiddleware {
    let access: LocalAccess

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        if LocalAccess.covers(request.uri.path), let refusal = access.refusal(of: request) { throw refusal }
        return try await next(request, context)
    }
}
