// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The methods of the RTC API (protocol page §2.3).
package enum RTCAPIMethod: String, Hashable, Sendable, CaseIterable {
    case getServerUnixtime
    case updateAuthToken
    case createChannel
    case findOrCreateChannel
    case getChannel
    case getChannelByName
    case deleteChannel
    case updateChannelMetadata
    case addMember
    case updateMemberTtl
    case updateMemberMetadata
    case removeMember
    case publishStream
    case unpublishStream
    case enablePublication
    case disablePublication
    case updatePublicationMetadata
    case subscribeStream
    case unsubscribeStream
    case subscribeChannelEvents

    /// Whether it goes before others where requests wait for their turn: a broadcast lives by it, or is over with it.
    var isUrgent: Bool {
        switch self {
        case .getServerUnixtime, .updateAuthToken, .updateMemberTtl, .subscribeChannelEvents, .removeMember,
            .unpublishStream:
            true
        default: false
        }
    }

    /// What a 404 of the method means.
    var missing: SkyWayError.Code? {
        switch self {
        case .createChannel, .findOrCreateChannel, .getChannel, .getChannelByName, .deleteChannel,
            .updateChannelMetadata, .addMember, .subscribeChannelEvents:
            .channelNotFound
        case .updateMemberTtl, .updateMemberMetadata, .removeMember: .memberNotFound
        case .unpublishStream, .enablePublication, .disablePublication, .updatePublicationMetadata,
            .subscribeStream, .unsubscribeStream:
            .publicationNotFound
        case .publishStream, .getServerUnixtime, .updateAuthToken: nil
        }
    }
}

/// The error of a JSON-RPC answer (protocol page §2.2).
package struct RTCAPIErrorBody: Hashable, Sendable, Decodable {
    /// The second, finer code.
    package struct Data: Hashable, Sendable, Decodable {
        package var code: Int?
        package var message: String?
    }

    package var code: Int
    package var message: String?
    package var data: Data?

    package init(code: Int, message: String? = nil, data: Data? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    private enum Key: CodingKey {
        case code
        case message
        case data
    }

    /// Takes `data` of any shape; only an object with a code says something.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        code = try values.decode(Int.self, forKey: .code)
        message = try? values.decodeIfPresent(String.self, forKey: .message)
        data = try? values.decodeIfPresent(Data.self, forKey: .data)
    }
}

extension SkyWayError {
    /// One line of the table below: the first that fits decides.
    private struct Rule {
        var codes: Set<Int>?
        var dataCode: Int?
        var methods: Set<RTCAPIMethod>?
        var meaning: Code
    }

    private static let refused: Set<Int> = [403, 4030]

    /// What the codes of the RTC API mean (protocol page §2.7).
    private static let rules: [Rule] = [
        Rule(dataCode: 429_001, meaning: .usageLimitReached),
        Rule(codes: [-32602], meaning: .invalidRequest),
        Rule(codes: [-32603], meaning: .serviceFailure),
        Rule(codes: refused, dataCode: 403_000, meaning: .scopeMissing),
        Rule(codes: refused, dataCode: 403_002, methods: [.publishStream], meaning: .limitReached),
        Rule(codes: refused, dataCode: 403_004, methods: [.publishStream], meaning: .limitReached),
        Rule(codes: refused, dataCode: 403_003, methods: [.subscribeStream], meaning: .limitReached),
        Rule(codes: refused, dataCode: 403_006, methods: [.subscribeStream], meaning: .limitReached),
        Rule(codes: refused, methods: [.addMember], meaning: .limitReached),
        Rule(codes: refused, meaning: .scopeMissing),
        Rule(codes: [429], meaning: .rateLimited),
        Rule(codes: [401], meaning: .tokenRefused),
        Rule(codes: [409], methods: [.createChannel, .findOrCreateChannel], meaning: .channelNameTaken),
        Rule(codes: [409], methods: [.addMember], meaning: .memberNameTaken),
    ]

    /// The failure that an error answer to a method is.
    package init(_ body: RTCAPIErrorBody, method: RTCAPIMethod) {
        let rule = Self.rules.first { rule in
            (rule.codes?.contains(body.code) ?? true) && (rule.dataCode.map { $0 == body.data?.code } ?? true)
                && (rule.methods?.contains(method) ?? true)
        }
        let missing = body.code == 404 ? method.missing : nil
        let finer = body.data?.code.map { "/\($0)" } ?? ""
        let message = body.data?.message ?? body.message ?? ""
        self.init(
            rule?.meaning ?? missing ?? .serviceFailure,
            .rtcAPI,
            detail: "\(method.rawValue) answered \(body.code)\(finer) \(message)"
        )
    }
}
