// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// STUN and TURN servers that SkyWay gives to a member (protocol page §4).
package struct ICEServerParameters: Hashable, Sendable, Decodable {
    /// A STUN server.
    package struct STUN: Hashable, Sendable, Decodable {
        package var domain: String
        package var port: UInt16
    }

    /// A TURN server with credentials; reached over UDP, TCP and TLS on one port.
    package struct TURN: Sendable, Decodable, Hashable {
        package var domain: String
        package var port: UInt16
        package var username: String
        package var credential: Redacted<String>

        private enum Key: CodingKey {
            case domain
            case port
            case username
            case credential
        }

        package init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            domain = try values.decode(String.self, forKey: .domain)
            port = try values.decode(UInt16.self, forKey: .port)
            username = try values.decode(String.self, forKey: .username)
            credential = Redacted(try values.decode(String.self, forKey: .credential))
        }
    }

    package var stun: STUN
    /// Absent when the token does not allow TURN.
    package var turn: TURN?
}

/// Asks SkyWay's ICE parameter server.
package struct ICEParametersClient: Sendable {
    private let http: HTTPService

    package init(host: SkyWayHost, client: HTTPClient) {
        http = HTTPService(base: host.httpBase + "/v1", service: .iceParameters, client: client)
    }

    /// Asks for servers for a member, with credentials that live `ttl`.
    package func servers(
        channelID: String,
        memberID: String,
        ttl: Duration = .seconds(86_400),
        token: AuthToken
    ) async throws(SkyWayError) -> ICEServerParameters {
        struct Body: Encodable {
            var memberId: String
            var channelId: String
            var ttl: Int64
        }
        let body = Body(memberId: memberID, channelId: channelID, ttl: ttl.components.seconds)
        let answer = try await http.call(.POST, "/ice-params", token: token, body: body)
        return try http.decode(ICEServerParameters.self, answer, of: "/ice-params")
    }
}
