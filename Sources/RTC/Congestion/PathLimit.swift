// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How much may be sent on a path that is taken to carry whatever comes until it shows congestion.
///
/// Then the limit follows what arrives (`RateControl`), and lies lower while a queue is to drain. It grows again, and is
/// gone once it has been well above what flows for a while; where congestion is back soon after, that takes longer the
/// next time. A burst that showed what the path carries holds it there.
struct PathLimit: Sendable, BitwiseCopyable {
    /// What flows may be this part of the limit at most for it to be lifted.
    private static let room = 1.4
    private static let shortestPatience: Duration = .seconds(5)
    private static let longestPatience: Duration = .seconds(60)
    /// After so long without congestion its return is no consequence of what was done then.
    private static let memory: Duration = .seconds(20)
    /// A burst says for so long what the path carries.
    private static let proofAge: Duration = .seconds(15)
    /// What is taken away for each second that packets wait, beyond a wait that is left alone, and at most.
    private static let toleratedQueue: Duration = .milliseconds(30)
    private static let deepestDrain = 0.3
    /// Where losses alone are the reason, the limit stays above this part of what arrived when it began.
    private static let lossFloor = 0.5
    /// Delays that grow limit so long before a queue is known to stand.
    private static let onset: Duration = .seconds(1)

    private var control: RateControl?
    private var drain = 1.0
    /// What arrived when the limit began.
    private var begun = 0.0
    private var beganAt: MonotonicTime?
    private var hasRoomSince: MonotonicTime?
    private var liftedAt: MonotonicTime?
    private var patience = Self.shortestPatience
    private var proof: (bitrate: Double, at: MonotonicTime)?
    /// When congestion last made it fall.
    private(set) var fellAt: MonotonicTime?

    /// Bits per second; `nil` while there is no limit.
    var bitrate: UInt64? { control.map { UInt64(max(RateControl.range.lowerBound, $0.bitrate * drain)) } }

    /// Draws the consequences of what the path shows.
    ///
    /// - Parameters:
    ///   - verdict: what it shows.
    ///   - throughput: the bits per second that arrive; `nil` where that is not known yet.
    ///   - roundTrip: the round-trip time.
    ///   - now: the present moment.
    mutating func update(
        _ verdict: PathSigns.Verdict,
        throughput: Double?,
        roundTrip: Duration,
        at now: MonotonicTime
    ) {
        guard let throughput else { return }
        if control == nil {
            guard verdict.signal == .overuse else { return }
            begin(throughput, at: now)
        }
        let waits = (verdict.queue + (.zero - Self.toleratedQueue)).inSeconds
        drain = 1 - min(Self.deepestDrain, max(0, waits))
        var signal = admitted(verdict, at: now)
        // What follows from the last fall is awaited.
        if verdict.isUndecided, signal == .overuse, throughput < control?.bitrate ?? 0 { signal = .underuse }
        control?.update(signal, throughput: throughput, roundTrip: roundTrip, at: now)
        if let fell = control?.fellAt { fellAt = fell }
        if verdict.isByLossAlone { control?.raise(to: Self.lossFloor * begun, at: now) }
        liftIfRoomy(throughput / (1 - min(0.9, verdict.lossShare)), at: now)
    }

    /// A burst has shown that the path carries this many bits per second.
    mutating func proved(_ bitrate: Double, at now: MonotonicTime) {
        control?.raise(to: bitrate, at: now)
        proof = (bitrate, now)
    }

    /// What has looked like a queue since then was none: a limit that came of it alone is gone.
    mutating func revoke(since: MonotonicTime) {
        guard let beganAt, beganAt >= since + (.zero - Self.onset) else { return }
        control = nil
        drain = 1
    }

    private mutating func begin(_ throughput: Double, at now: MonotonicTime) {
        let isSoon = liftedAt.map { now - $0 < Self.memory } ?? false
        control = RateControl(bitrate: throughput)
        begun = max(throughput, isSoon ? begun : 0)
        beganAt = now
        proof = nil
        hasRoomSince = nil
        patience = isSoon ? min(patience * 2, Self.longestPatience) : Self.shortestPatience
    }

    /// The signal, unless a burst has shown that no more fits.
    private func admitted(_ verdict: PathSigns.Verdict, at now: MonotonicTime) -> DelayTrend.Signal {
        guard verdict.signal == .normal, let control, let proof, isProven(at: now) else { return verdict.signal }
        return control.bitrate >= proof.bitrate ? .underuse : .normal
    }

    /// Whether a burst has shown lately what the path carries.
    private func isProven(at now: MonotonicTime) -> Bool { proof.map { now - $0.at < Self.proofAge } ?? false }

    private mutating func liftIfRoomy(_ flowing: Double, at now: MonotonicTime) {
        guard let control, control.bitrate >= Self.room * flowing, !isProven(at: now) else {
            hasRoomSince = nil
            return
        }
        guard let since = hasRoomSince else {
            hasRoomSince = now
            return
        }
        guard now - since >= patience else { return }
        self.control = nil
        drain = 1
        liftedAt = now
    }
}
