// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import RTC
import SkyWay

/// The report as the operator's API writes it; what is not known is null.
extension BroadcastReport {
    /// The document (docs/operations.md, "What is on the air").
    var document: JSONValue {
        .object([
            "id": .string("\(id)"),
            "since": .time(since),
            "status": .string(status.name),
            "statusSince": .time(statusSince),
            "recovery": recovery,
            "end": end,
            "channel": .object(["id": .text(member?.channelID), "name": .text(channelName)]),
            "member": .object(["id": .text(member?.memberID), "name": .text(member?.memberName)]),
            "publisher": publisher.document,
            "transports": .array(transports.map(\.document)),
            "publications": .array(publications.map(document)),
            "metadata": metadata.document,
            "token": token,
            "counters": counters.document,
        ])
    }

    /// The room's name, where it has one that is known.
    var channelName: String? {
        if let name = member?.channelName { return name }
        if case .name(let name) = room { return name }
        return nil
    }

    private var recovery: JSONValue {
        guard case .recovering(let reason, let since, let attempt) = status else { return .null }
        return [
            "reason": .string(reason.rawValue), "detail": .string("\(reason)"), "since": .time(since),
            "attempt": .integer(Int64(attempt)),
        ]
    }

    private var end: JSONValue {
        guard case .ended(let reason) = status else { return .null }
        return ["reason": .string(reason.name), "detail": .string("\(reason)")]
    }

    private var token: JSONValue {
        guard let member else { return .null }
        return [
            "version": .integer(Int64(member.tokenVersion)),
            "expiresAt": .time(Date(timeIntervalSince1970: Double(member.tokenExpiresAt))),
        ]
    }

    private func document(_ publication: Publication) -> JSONValue {
        let ids = member?.publications[publication.kind]
        return [
            "kind": .string(publication.kind.rawValue),
            "layers": .array(publication.layers.map(\.document)),
            "codec": .string(publication.codec),
            "publicationId": .text(ids?.id),
            "forwardingId": .text(ids?.forwardingID),
            "producerId": .string(publication.producerID),
            "subscriptions": .integer(Int64(publication.subscriptions)),
        ]
    }
}

extension BroadcastReport.Layer {
    fileprivate var document: JSONValue {
        [
            "id": .string(id), "rid": .text(rid), "active": .bool(isActive),
            "width": size.map { .integer(Int64($0.width)) } ?? .null,
            "height": size.map { .integer(Int64($0.height)) } ?? .null,
        ]
    }
}

extension BroadcastReport.Publisher {
    fileprivate var document: JSONValue {
        [
            "address": .text(address), "userAgent": .text(userAgent), "key": .text(key), "session": .text(session),
            "since": .time(since),
        ]
    }
}

extension BroadcastReport.Transport {
    fileprivate var document: JSONValue {
        var fields: [String: JSONValue] = [
            "address": .text(address.map { "\(TransportAddress($0.ip, port: $0.port))" }),
            "protocol": .text(address.map(\.transport.name)),
            "ice": .string("\(ice)"),
            "dtls": .string(dtls.rawValue),
            "bytes": .count(figures.bytes),
            "packets": .count(figures.packets),
            "lost": .integer(figures.lost),
            "drops": .counts(figures.drops),
            "roundTripMilliseconds": figures.roundTripTime.map { .number(($0.inSeconds * 10_000).rounded() / 10) }
                ?? .null,
        ]
        switch side {
        case .publisher: fields["side"] = "publisher"
        case .sfu(let id):
            fields["side"] = "sfu"
            fields["id"] = .string(id)
        }
        return .object(fields)
    }
}

extension TransportProtocol {
    /// The stable name, lower case.
    fileprivate var name: String {
        switch self {
        case .udp: "udp"
        case .tcp: "tcp"
        case .relayed: "relay"
        }
    }
}

extension BroadcastReport.Counters {
    fileprivate var document: JSONValue {
        [
            "recoveries": .counts(recoveries.reduce(into: [:]) { $0[$1.key.rawValue] = $1.value }),
            "reconnects": .count(reconnects),
            "refusedConfirmations": .count(refusedConfirmations),
            "returns": .count(returns),
        ]
    }
}

extension JSONValue {
    /// A text; null where there is none.
    static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

    /// A count.
    static func count(_ count: UInt64) -> JSONValue { .integer(Int64(clamping: count)) }

    /// Counts by their names.
    static func counts(_ counts: [String: UInt64]) -> JSONValue { .object(counts.mapValues { .count($0) }) }

    /// A time to the millisecond (RFC 3339).
    static func time(_ date: Date) -> JSONValue {
        .string(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}
