// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// The answer to a request, with its id in the type it came with (protocol page §2.2).
struct RPCResponse: Encodable {
    private let id: JSONValue
    private let outcome: Result<any Encodable & Sendable, RPCError>

    /// Makes an answer.
    ///
    /// - Parameters:
    ///   - id: the request's id.
    ///   - outcome: an object, never `null`: callers of the SDK take it apart unchecked.
    init(id: JSONValue, _ outcome: Result<any Encodable & Sendable, RPCError>) {
        self.id = id
        self.outcome = outcome
    }

    private enum CodingKeys: String, CodingKey {
        case jsonrpc, id, result, error
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("2.0", forKey: .jsonrpc)
        try container.encode(id, forKey: .id)
        switch outcome {
        case .success(let result): try container.encode(result, forKey: .result)
        case .failure(let error): try container.encode(error, forKey: .error)
        }
    }
}

/// The results of the methods (protocol page §2.3).
enum RPCResult {
    /// Nothing to say: `{}`.
    struct Nothing: Encodable {}

    /// Of `getServerUnixtime`, in milliseconds.
    struct Time: Encodable {
        let unixtime: Int64
    }

    /// Of everything that changes a channel.
    struct Version: Encodable {
        let version: Int
    }

    /// Of `createChannel`.
    struct CreatedChannel: Encodable {
        let channel: ChannelSummary
    }

    /// Of `findOrCreateChannel`, `getChannel` and `getChannelByName`.
    struct FoundChannel: Encodable {
        let channel: ChannelDocument
    }

    /// Of `addMember`.
    struct AddedMember: Encodable {
        let memberId: String
        let version: Int
        let memberName: String?
    }

    /// Of `publishStream` and `subscribeStream`.
    struct Created: Encodable {
        let id: String
        let version: Int
    }
}
