// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import Foundation
import HTTPKit
package import RTC
package import SkyWay

/// Something that happened to a broadcast, as an operator is told.
package struct BroadcastEvent: Hashable, Sendable {
    /// What may happen.
    package enum Happening: Hashable, Sendable {
        /// A publisher was answered, for the first time.
        case begun
        /// A publisher was refused after its request had passed all checks that need no SkyWay.
        case refused(String)
        /// The publisher's media connection is secured; the session's id begins so.
        case publisherConnected(session: String, address: String?)
        /// The publisher is back, or another session has taken its place.
        case publisherReturned(session: String)
        /// Viewers can see it.
        case live
        /// The publisher is lost and is waited for.
        case waiting
        /// Something on SkyWay's side is being made again.
        case recovering(RecoveryReason)
        /// It is there again, after so long.
        case recovered(RecoveryReason, after: Duration)
        /// The connection to the RTC API is lost; media goes on.
        case controlLost
        /// The connection to the RTC API is back.
        case controlBack
        /// A viewer was let in.
        case viewerConfirmed(MediaKind, subscription: String)
        /// A viewer could not be let in.
        case viewerRefused(MediaKind, subscription: String)
        /// A viewer that was let in has gone.
        case viewerLeft(MediaKind, subscription: String)
        /// Another token is in use, which lives so long.
        case tokenRenewed(life: Duration)
        /// No other token can be had yet; why.
        case tokenNotRenewed(String)
        /// Somebody else has changed metadata of ours, to this text; `nil` where there are none any more.
        case metadataChanged(MetadataSubject, String?)
        /// It is over.
        case ended(EndReason)
    }

    /// When it happened.
    package let time: Date
    /// The broadcast.
    package let broadcast: BroadcastID
    /// The room as its publisher named it; `nil` while that is being asked for.
    package let room: String?
    /// What happened.
    package let happening: Happening

    /// Tells that something happens now.
    init(_ happening: Happening, of broadcast: BroadcastID, in room: String?) {
        time = .now
        self.broadcast = broadcast
        self.room = room
        self.happening = happening
    }
}

extension BroadcastEvent.Happening {
    /// The stable name, lower case.
    package var name: String {
        switch self {
        case .begun: "begun"
        case .refused: "refused"
        case .publisherConnected: "publisher-connected"
        case .publisherReturned: "publisher-returned"
        case .live: "live"
        case .waiting: "waiting"
        case .recovering: "recovering"
        case .recovered: "recovered"
        case .controlLost: "control-lost"
        case .controlBack: "control-back"
        case .viewerConfirmed: "viewer-confirmed"
        case .viewerRefused: "viewer-refused"
        case .viewerLeft: "viewer-left"
        case .tokenRenewed: "token-renewed"
        case .tokenNotRenewed: "token-not-renewed"
        case .metadataChanged: "metadata-changed"
        case .ended: "ended"
        }
    }

    /// What is told beside the name.
    fileprivate var details: [String: JSONValue] {
        switch self {
        case .begun, .live, .waiting, .controlLost, .controlBack: [:]
        case .refused(let detail), .tokenNotRenewed(let detail): ["detail": .string(detail)]
        case .publisherConnected(let session, let address): ["session": .string(session), "address": .text(address)]
        case .publisherReturned(let session): ["session": .string(session)]
        case .recovering(let reason): ["reason": .string(reason.rawValue), "detail": .string("\(reason)")]
        case .recovered(let reason, let duration):
            ["reason": .string(reason.rawValue), "seconds": .number((duration.inSeconds * 1_000).rounded() / 1_000)]
        case .viewerConfirmed(let kind, let id), .viewerRefused(let kind, let id), .viewerLeft(let kind, let id):
            ["kind": .string(kind.rawValue), "subscriptionId": .string(id)]
        case .metadataChanged(let subject, let text):
            ["subject": .string(subject.rawValue), "metadata": .text(text.map { String($0.prefix(1_024)) })]
        case .tokenRenewed(let life): ["seconds": .integer(life.components.seconds)]
        case .ended(let reason): ["reason": .string(reason.name), "detail": .string("\(reason)")]
        }
    }
}

extension BroadcastEvent {
    /// The event as the operator's API writes it (docs/operations.md, "Events").
    ///
    /// - Parameter id: its number.
    /// - Returns: the document.
    func document(id: Int) -> JSONValue {
        var fields = happening.details
        fields["id"] = .integer(Int64(id))
        fields["time"] = .time(time)
        fields["broadcast"] = .string("\(broadcast)")
        fields["channel"] = .text(room)
        fields["event"] = .string(happening.name)
        return .object(fields)
    }
}
