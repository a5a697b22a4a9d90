// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The bots that links of this process have made, one for each room, so that links that come at once don't make several.
package actor SharedBots {
    fileprivate enum Entry {
        case inTheMaking
        case made(id: String, at: ContinuousClock.Instant)
    }

    private var entries: [String: Entry] = [:]
    private let changes = StateChanges()

    /// How long a bot may be unknown to a link that has read the room before it was made.
    private static let freshness = Duration.seconds(10)

    package init() {}

    /// The bot of a room in which none was seen: the one that another link has just made or is making, else a new one.
    ///
    /// Where another link fails to make it, for whatever reason, this one tries itself.
    ///
    /// - Parameters:
    ///   - channelID: the room.
    ///   - make: makes a bot.
    /// - Returns: the bot's id.
    /// - Throws: what `make` throws, or `CancellationError`.
    func bot(of channelID: String, make: @Sendable () async throws -> String) async throws -> String {
        while true {
            switch entries[channelID] {
            case .made(let id, let madeAt) where .now - madeAt < Self.freshness:
                return id
            case .inTheMaking:
                try await changes.next()
            case .made, nil:
                entries[channelID] = .inTheMaking
                defer { changes.wake() }
                do {
                    let id = try await make()
                    entries = entries.filter { $0.value.isRecent(within: Self.freshness) }
                    entries[channelID] = .made(id: id, at: .now)
                    return id
                } catch {
                    entries[channelID] = nil
                    throw error
                }
            }
        }
    }

    /// A bot has gone, or never came.
    func forget(_ id: String, of channelID: String) {
        if case .made(id, _) = entries[channelID] { entries[channelID] = nil }
    }
}

extension SharedBots.Entry {
    /// Whether it is still of use.
    fileprivate func isRecent(within freshness: Duration) -> Bool {
        switch self {
        case .inTheMaking: true
        case .made(_, let madeAt): .now - madeAt < freshness
        }
    }
}
