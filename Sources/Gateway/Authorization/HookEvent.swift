// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTCCrypto
import SkyWay

/// What the hook is sent.
struct HookEvent<Content: Encodable & Sendable>: Encodable, Sendable {
    var type: String
    var timestamp: Date
    var data: Content
}

/// Somebody wants to publish.
struct PublishRequested: Encodable, Sendable {
    var id: String
    var channel: String?
    /// Who it is, as far as that is known already.
    var publisher: String?
    var token: String?
    var address: String?
    var userAgent: String?
    /// What the publisher asks to say.
    var metadata: [MetadataSubject: String]?

    init(_ request: PublishRequest, id: String, sendsToken: Bool) {
        self.id = id
        channel = (request.grant.channel ?? request.channel)?.text
        publisher = request.grant.publisher?.logText
        token = sendsToken ? request.token?.exposed : nil
        address = request.address
        userAgent = request.userAgent
        let texts = request.metadata.templates.mapValues(\.text)
        metadata = texts.isEmpty ? nil : texts
    }
}

/// What was asked for goes on as something that was granted before: its publisher has come back.
struct PublishResumed: Encodable, Sendable {
    /// Names what goes on, as the question did that it began with.
    var id: String?
    /// Names the question that this answers; nothing more will be told of it.
    var resumedBy: String?
    var channel: String?
}

/// What was asked for is over.
package struct PublishEnded: Encodable, Sendable {
    /// Names the attempt, as the question did.
    var id: String?
    var channel: String?
    var reason: String
    var seconds: Int64 = 0

    init(_ request: PublishRequest, reason: EndReason) {
        id = request.question
        channel = request.channel?.text
        self.reason = "\(reason)"
    }
}

/// What the hook answers.
struct HookAnswer: Decodable {
    /// A name by which the publisher is known again.
    var publisher: String?
    var grant: GrantDescription

    private enum Key: CodingKey {
        case publisher
    }

    init(from decoder: any Decoder) throws {
        publisher = try decoder.container(keyedBy: Key.self).decodeIfPresent(String.self, forKey: .publisher)
        grant = try GrantDescription(from: decoder)
    }
}

/// An answer over HTTP.
struct HookResponse: Sendable {
    var status: Int
    var retryAfter: Int?
    var body: Data

    /// Whether asking again would not change it.
    var isFinal: Bool { (200..<300).contains(status) || ((400..<500).contains(status) && status != 408) }

    /// What a problem document (RFC 9457) tells the publisher, shortened.
    var detail: String? {
        struct Document: Decodable {
            var detail: String?
        }
        return (try? JSONDecoder().decode(Document.self, from: body))?.detail.map { String($0.prefix(200)) }
    }
}

/// The signature of Standard Webhooks: HMAC-SHA256 of id, time and body.
struct HookSignature {
    private let key: [UInt8]

    /// Takes a secret: `whsec_` and base64, or the bytes of any other text.
    init(_ secret: Redacted<String>) {
        let text = secret.exposed
        let encoded = text.hasPrefix("whsec_") ? Data(base64Encoded: String(text.dropFirst(6))) : nil
        key = encoded.map { Array($0) } ?? Array(text.utf8)
    }

    /// The value of the header.
    func sign(id: String, time: Int, body: Data) -> String {
        let message = Array("\(id).\(time).".utf8) + body
        return "v1," + Data(HMACSHA256.code(of: message.span.bytes, key: key.span.bytes)).base64EncodedString()
    }
}
