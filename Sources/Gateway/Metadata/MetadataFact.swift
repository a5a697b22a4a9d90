// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import SkyWay

/// What the gateway knows of a broadcast and puts into metadata in the place of `{name}`.
enum MetadataFact: String, CaseIterable, Sendable {
    /// What the publisher's program calls itself (`User-Agent`).
    case encoder
    /// The width of the picture in pixels.
    case width
    /// The height of the picture in pixels.
    case height
    /// Both, as `1920x1080`.
    case resolution
    /// The codec: of a publication its own, else that of the picture, or of the sound where there is none.
    case codec
    case audioCodec
    case videoCodec
    /// When the broadcast began (ISO 8601).
    case startedAt
    /// The room's id or name, as the publisher named it.
    case room
    /// The member's name.
    case member
    /// Who publishes: the id of the stream key, the subject of the token, or the hook's name.
    case key
    /// Where the broadcast stands, in the words of `/api/v1/broadcasts`.
    case state

    /// Whether it changes while the same publisher goes on.
    var changes: Bool {
        switch self {
        case .width, .height, .resolution, .state: true
        case .encoder, .codec, .audioCodec, .videoCodec, .startedAt, .room, .member, .key: false
        }
    }

    /// All names, for sentences about wrong ones.
    static let names = allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
}

/// What is known of a broadcast at a moment.
struct MetadataFacts: Hashable, Sendable {
    /// A value as JSON tells it apart.
    enum Value: Hashable, Sendable {
        case text(String)
        case number(Int)
    }

    var encoder: String?
    var size: PictureSize?
    /// The names of the codecs.
    var codecs: [MediaKind: String] = [:]
    var startedAt = ""
    var room: String?
    var member: String?
    var key: String?
    var state = "connecting"

    /// The value of a fact in the metadata of something; `nil` where it is not known.
    func value(of fact: MetadataFact, for subject: MetadataSubject) -> Value? {
        switch fact {
        case .encoder: encoder.map(Value.text)
        case .width: size.map { .number($0.width) }
        case .height: size.map { .number($0.height) }
        case .resolution: size.map { .text($0.description) }
        case .codec: codec(for: subject).map(Value.text)
        case .audioCodec: codecs[.audio].map(Value.text)
        case .videoCodec: codecs[.video].map(Value.text)
        case .startedAt: .text(startedAt)
        case .room: room.map(Value.text)
        case .member: member.map(Value.text)
        case .key: key.map(Value.text)
        case .state: .text(state)
        }
    }

    private func codec(for subject: MetadataSubject) -> String? {
        subject.kind.map { codecs[$0] } ?? codecs[.video] ?? codecs[.audio]
    }
}

extension PublisherIdentity {
    /// What metadata call the publisher; `nil` where that would tell what is nobody's business, or nothing.
    var metadataText: String? {
        switch self {
        case .key(let id): id
        case .subject(let subject, _): subject
        case .named(let name): name
        case .token, .anonymous: nil
        }
    }
}
