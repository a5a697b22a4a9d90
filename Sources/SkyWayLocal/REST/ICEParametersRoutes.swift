// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird

/// `POST /v1/ice-params` (protocol page §4): without it every join of a browser hangs for half a minute.
///
/// The answer always names a STUN server, because the SDK reads it without a check. Where none is configured it is the
/// host that the client reached this server by: nothing listens there, so gathering ends without a packet to anybody
/// else.
struct ICEParametersRoutes: Sendable {
    let verifier: TokenVerifier
    let servers: ICEServers
    let clock: ServerClock

    /// The longest that credentials are good for, in seconds: what the SDK asks for.
    static let maximumLifetime: Int64 = 24 * 3600
    /// The port of STUN and TURN (RFC 8489 §8.1).
    static let defaultPort = 3478

    private struct Body: Decodable {
        let memberId: String
        let channelId: String
        let ttl: Int64?
    }

    private struct Answer: Encodable {
        struct STUN: Encodable {
            let domain: String
            let port: Int
        }

        struct TURN: Encodable {
            let username: String
            let credential: String
            let domain: String
            let port: Int
        }

        let stun: STUN
        let turn: TURN?
    }

    /// Adds the route.
    func add(to router: Router<some RequestContext>) {
        router.post("v1/ice-params") { request, _ in
            await JSONAnswer.respond { () async throws(SFUAPIError) in
                let token = try await request.verifiedToken(by: verifier)
                let body: Body = try await request.decodedBody()
                guard body.memberId.utf8.count <= 128, body.ttl.map({ $0 > 0 }) ?? true else {
                    throw .badRequest("The memberId or the ttl is out of range.")
                }
                let stun = servers.stun ?? servers.turn?.address
                return JSONAnswer.ok(
                    Answer(
                        stun: Answer.STUN(domain: stun?.host ?? request.host, port: stun?.port ?? Self.defaultPort),
                        turn: token.isTURNAllowed ? turn(for: body) : nil
                    )
                )
            }
        }
    }

    private func turn(for body: Body) -> Answer.TURN? {
        servers.turn.map { turn in
            let lifetime = min(body.ttl ?? Self.maximumLifetime, Self.maximumLifetime)
            let (username, credential) = turn.credentials(of: body.memberId, until: clock.unixSeconds + lifetime)
            return Answer.TURN(
                username: username,
                credential: credential,
                domain: turn.address.host,
                port: turn.address.port
            )
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
