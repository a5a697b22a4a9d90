// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
package import SkyWay

/// What is on the air, as everybody may know it: channels and states, nothing else.
package struct LiveBoard: Sendable {
    /// One broadcast.
    package struct Entry: Hashable, Sendable, Encodable {
        /// What a viewer sees of a broadcast.
        package enum State: String, Hashable, Sendable, Encodable {
            /// On its way, or being made again.
            case connecting
            /// To be seen.
            case live
            /// Its publisher is gone and may come back.
            case waiting
        }

        /// The room's id or name, whichever the publisher used.
        package var channel: String
        package var state: State
        /// When it began (RFC 3339).
        package var since: String

        /// What everybody may know of a broadcast; `nil` while its room is not known.
        init?(_ report: BroadcastReport) {
            guard let room = report.room else { return nil }
            switch report.status {
            case .connecting, .recovering: state = .connecting
            case .live: state = .live
            case .waiting: state = .waiting
            case .ended: return nil
            }
            channel = room.text
            since = report.since.formatted(.iso8601)
        }
    }

    private let board: StatusBoard

    /// Shows the public part of a board.
    package init(_ board: StatusBoard) {
        self.board = board
    }

    /// What is on the air, the oldest first.
    package var entries: [Entry] { board.entries }

    /// The board now and after each change, the newest alone where the reader is slow; `nil` when too many watch.
    package func observe() -> AsyncStream<[Entry]>? { board.observe() }
}

extension ChannelReference {
    /// The id or the name.
    package var text: String {
        switch self {
        case .id(let id): id
        case .name(let name): name
        }
    }
}
