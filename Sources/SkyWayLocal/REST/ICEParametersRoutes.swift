// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird

/// `POST /v1/ice-params` (protocol page §4): without it every join of a browser hangs for half a minute.
struct ICEParametersRoutes: Sendable {
    let verifier: TokenVerifier

    private struct Answer: Encodable {
        struct Server: Encodable {
            let domain: String
            let port: Int
        }

        let stun: Server
    }

    /// Adds the route.
    func add(to router: Router<some RequestContext>) {
        router.post("v1/ice-params") { request, _ in
            await JSONAnswer.respond { () async throws(SFUAPIError) in
                _ = try await request.verifiedToken(by: verifier)
                return JSONAnswer.ok(Answer(stun: Answer.Server(domain: request.host, port: 3478)))
            }
        }
    }
}

extension Request {
    /// The host the client reached this server by, without its port.
    var host: String {
        let authority = head.authority ?? "127.0.0.1"
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return String(authority[authority.index(after: authority.startIndex)..<end])
        }
        return authority.split(separator: ":", omittingEmptySubsequences: false).first.map(String.init) ?? authority
    }
}
