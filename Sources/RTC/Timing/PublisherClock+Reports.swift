// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension PublisherClock {
    /// Whether packets of a stream come whose moments of capture reports tell, or have told before.
    ///
    /// - Parameters:
    ///   - slot: its place in the session.
    ///   - moment: this moment.
    /// - Returns: whether; only such moments can be compared with those of other tracks.
    package func isReported(_ slot: Int, at moment: MonotonicTime) -> Bool {
        guard slot < streams.count, let stream = streams[slot] else { return false }
        let isTold = stream.followed != nil || stream.isDelayReported
        return isTold && stream.isFlowing(at: Int64(truncatingIfNeeded: moment.nanoseconds))
    }
}
