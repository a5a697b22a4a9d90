// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What the paths behind a session mean for who sends to it, and what reports say of the path to its own peer.
extension Session {
    /// What the peer is told where nothing limits it any more, in bits per second.
    static var unlimitedBitrate: UInt64 { 1_000_000_000 }

    /// How often that is told: each time may be lost.
    private static var liftRepetitions: Int { 5 }

    /// A limit that falls by more than this part is told at once.
    private static var urgentFall: Double { 0.97 }

    /// Lets the peer be told to send no more than can be handed on, beside the operator's maximum.
    ///
    /// One that takes no estimates but is told arrivals is told them as if what it sends came through a link of that
    /// rate.
    ///
    /// - Parameters:
    ///   - bitrate: bits per second; `nil` where nothing limits them.
    ///   - moment: the present moment.
    package mutating func limitReception(to bitrate: UInt64?, at moment: MonotonicTime) {
        guard bitrate != receptionLimit else { return }
        now = max(now, moment)
        let former = receptionLimit
        receptionLimit = bitrate
        arrivals?.linkRate = incoming.takesEstimates ? nil : bitrate
        liftsToTell = bitrate == nil ? Self.liftRepetitions : 0
        let isUrgent =
            switch (former, bitrate) {
            case (let former?, let bitrate?): Double(bitrate) < Double(former) * Self.urgentFall
            default: true
            }
        guard nextReceiverReport != nil, isUrgent || nextEstimate == nil else { return }
        nextEstimate = now
        scheduleFeedback(at: now)
    }

    /// Whether the peer is told limits in a way that it has agreed to.
    package var tellsLimits: Bool { incoming.takesEstimates || arrivals != nil }

    /// The bits per second that the peer is told to send at most; `nil` where it is told nothing.
    var estimateToTell: UInt64? {
        var told = maximumBitrate
        for limit in [ingressEstimate?.bitrate, receptionLimit] {
            if let limit { told = min(told ?? .max, limit) }
        }
        return told ?? (liftsToTell > 0 ? Self.unlimitedBitrate : nil)
    }

    /// Takes what a receiver report says of a stream of ours, where nothing tells more.
    mutating func noteReport(_ block: ReportBlock, after former: ReportBlock?, roundTrip: Duration?) {
        guard watchesCongestion, let former else { return }
        let expected = Int32(bitPattern: block.highestSequenceNumber &- former.highestSequenceNumber)
        reportedPath?.receive(
            expected: Int(expected),
            lost: Int(block.cumulativeLost) - Int(former.cumulativeLost),
            roundTrip: roundTrip,
            bytesSent: statistics.bytesSent,
            at: now
        )
    }
}

extension IncomingTracks {
    /// Whether some sender takes estimates of the bit rate.
    var takesEstimates: Bool { tracks.contains { $0?.parameters.takesEstimates == true } }
}
