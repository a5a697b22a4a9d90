// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit

/// A request of JSON-RPC 2.0 as the RTC API takes it: each carries the token, but for the one that brings another
/// (protocol page §2.2).
struct RPCRequest {
    private let message: JSONValue

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - id: what its answer is known by.
    ///   - method: what is called.
    ///   - parameters: what it is called with, beside application and token.
    ///   - token: what allows it.
    init(id: String, _ method: RTCAPIMethod, _ parameters: [String: JSONValue], _ token: AuthToken) {
        var members = parameters
        if method != .updateAuthToken {
            members["appId"] = .string(token.appID)
            members["authToken"] = .string(token.encoded.exposed)
        }
        message = [
            "jsonrpc": "2.0", "id": .string(id), "method": .string(method.rawValue), "params": .object(members),
        ]
    }

    /// The request as it is sent.
    var text: String {
        get throws { String(decoding: try JSONEncoder().encode(message), as: UTF8.self) }
    }
}

/// What tells answers and notifications apart.
struct RPCEnvelope: Decodable {
    var id: String?
    var method: String?
}

/// What a request was answered with.
struct RPCAnswer<Result: Decodable>: Decodable {
    var result: Result?
    var error: RTCAPIErrorBody?
}

/// What the RTC API tells by itself.
struct RPCNotification: Decodable {
    var params: ChannelEvent
}

extension SkyWayHost {
    /// Where the WebSocket of the RTC API is (protocol page §2.1).
    ///
    /// - Parameter contextID: what the client is known by over all of its connections.
    /// - Returns: the address.
    /// - Throws: `SkyWayError` where the host's name can't be one.
    func rtcAPIAddress(contextID: String) throws(SkyWayError) -> WebSocketAddress {
        let target = "/ws?contextId=\(contextID)"
        guard let address = WebSocketAddress(isSecure: isSecure, authority: domain, target: target) else {
            throw SkyWayError(.unreachable, .rtcAPI, detail: "not a host name: \(domain)")
        }
        return address
    }
}
