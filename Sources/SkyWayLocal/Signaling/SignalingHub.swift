// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Who can be reached by signaling, and the relay between them (protocol page §5.2).
actor SignalingHub {
    /// Where a member is reached.
    struct Address: Hashable, Sendable {
        let channelID: String
        let memberID: String
    }

    private struct Entry: Sendable {
        let id: Int
        let send: @Sendable (String) -> Void
    }

    private var entries: [Address: Entry] = [:]
    private var nextID = 0

    /// Makes a member reachable; a newer socket of the same member takes its place.
    ///
    /// - Parameters:
    ///   - address: the member.
    ///   - send: sends a text; never waits.
    /// - Returns: what to leave with.
    func enter(_ address: Address, send: @escaping @Sendable (String) -> Void) -> Int {
        nextID += 1
        entries[address] = Entry(id: nextID, send: send)
        return nextID
    }

    /// Ends what ``enter(_:send:)`` began, unless somebody has taken the place.
    func leave(_ address: Address, id: Int) {
        if entries[address]?.id == id { entries[address] = nil }
    }

    /// Sends a member a message.
    ///
    /// - Returns: whether the member can be reached.
    func relay(_ message: SignalingMessage, to address: Address) -> Bool {
        guard let entry = entries[address] else { return false }
        entry.send(JSONText.encode(message))
        return true
    }
}
