// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a publisher finds whose key is in use in the same channel.
package enum TakeoverPolicy: String, CaseIterable, Sendable {
    /// The place of the former session once that has been silent for a while; for a short time it is waited for.
    case replaceWhenSilent = "replace-when-silent"
    /// The place of the former session at once.
    case replace
    /// A refusal for as long as the former session lasts.
    case refuse
}

/// How one session of a publisher follows another.
package struct TakeoverRules: Hashable, Sendable {
    /// What a publisher finds whose key is in use.
    package var policy = TakeoverPolicy.replaceWhenSilent
    /// After so long without media a session counts as silent: who ends it then is tidying up.
    package var silence = Duration.seconds(2)
    /// For so long a publisher waits for a session to have been silent.
    package var patience = Duration.seconds(3)
    /// After so long without a packet a session is perhaps about to be silent.
    package var pause = Duration.milliseconds(500)
    /// So long a session has to begin: before, it is not silent.
    package var beginning = Duration.seconds(5)

    /// Makes the rules of a gateway that is told nothing of them.
    package init() {}
}

/// Decides where a publisher goes whose identity has broadcasts in the channel already.
///
/// A broadcast that waits for its publisher is taken in any case. No clock, no network: it is asked again after each
/// wait.
struct Takeover {
    /// How a broadcast of the publisher stands.
    enum Standing: Hashable, Sendable {
        /// Its publisher is gone and may come back.
        case waiting
        /// It has a session of which nothing came for so long.
        case held(silence: Duration, hasFlowed: Bool)
        /// It is being taken down.
        case over
    }

    /// A broadcast of the publisher.
    struct Place: Hashable, Sendable {
        var id: BroadcastID
        var standing: Standing
    }

    /// What the publisher gets.
    enum Decision: Hashable, Sendable {
        /// A broadcast of its own.
        case begin
        /// The place of the session that a broadcast has, or had.
        case take(BroadcastID)
        /// Nothing yet; to be decided again after so long.
        case wait(Duration)
        /// A refusal: all places are taken.
        case refuse
    }

    /// What decides.
    var rules: TakeoverRules
    /// How many places there are; `nil` where nothing tells whether two are the same publisher.
    var limit: Int?

    /// Decides.
    ///
    /// - Parameters:
    ///   - places: the broadcasts of the publisher in the channel, the oldest first.
    ///   - waited: how long the publisher has been waiting for this.
    /// - Returns: what to do.
    func decide(_ places: [Place], waited: Duration) -> Decision {
        if let place = places.first(where: { $0.standing == .waiting }) { return .take(place.id) }
        let held = places.compactMap(Self.held).filter { limit != nil || $0.hasFlowed }
        let isFull = limit.map { held.count >= $0 } ?? false
        guard let quietest = held.max(by: { $0.silence < $1.silence }) else { return .begin }
        guard rules.policy != .refuse || limit == nil else { return isFull ? .refuse : .begin }
        let isReplaced = isFull && rules.policy == .replace && limit == 1
        if quietest.silence >= rules.silence || isReplaced { return .take(quietest.id) }
        let missing = rules.silence - quietest.silence
        let isWorthwhile = isFull || quietest.hasFlowed && quietest.silence >= rules.pause
        if isWorthwhile, waited + missing <= rules.patience { return .wait(missing) }
        return isFull ? .refuse : .begin
    }

    private static func held(_ place: Place) -> (id: BroadcastID, silence: Duration, hasFlowed: Bool)? {
        guard case .held(let silence, let hasFlowed) = place.standing else { return nil }
        return (place.id, silence, hasFlowed)
    }
}
