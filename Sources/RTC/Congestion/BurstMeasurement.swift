// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a path carries of a burst: packets sent at a rate above the usual one, to see whether they get through.
struct BurstMeasurement: Sendable, BitwiseCopyable {
    /// The burst; never 0.
    let id: UInt16
    private var firstSent = MonotonicTime(nanoseconds: .max)
    private var lastSent = MonotonicTime(nanoseconds: 0)
    private var firstArrival = MonotonicTime(nanoseconds: .max)
    private var lastArrival = MonotonicTime(nanoseconds: 0)
    private var bytes = 0
    private var lastSize = 0
    private var firstSize = 0
    private var count = 0
    private var lost = 0

    /// The least that says something.
    private static let minimumPackets = 5
    private static let minimumTime: Duration = .milliseconds(15)

    init(id: UInt16) {
        self.id = id
    }

    /// Counts a packet of the burst that arrived.
    mutating func receive(sent: MonotonicTime, arrival: MonotonicTime, size: Int) {
        count += 1
        bytes += size
        if sent < firstSent { firstSent = sent }
        if sent >= lastSent {
            lastSent = sent
            lastSize = size
        }
        if arrival < firstArrival {
            firstArrival = arrival
            firstSize = size
        }
        lastArrival = max(lastArrival, arrival)
    }

    /// Counts a packet of the burst that was lost.
    mutating func miss() { lost += 1 }

    /// The bits per second that got through; `nil` where the burst was too short to tell, or much of it was lost.
    var bitrate: Double? {
        guard count >= Self.minimumPackets, lost * 10 <= count + lost, lastSent > firstSent, lastArrival > firstArrival
        else { return nil }
        let sendTime = (lastSent - firstSent).inSeconds
        let arrivalTime = (lastArrival - firstArrival).inSeconds
        guard sendTime >= Self.minimumTime.inSeconds else { return nil }
        let sendRate = Double((bytes - lastSize) * 8) / sendTime
        // What arrives faster than it was sent was held up before.
        let arrivalRate = Double((bytes - firstSize) * 8) / max(arrivalTime, sendTime / 2)
        return arrivalRate < 0.9 * sendRate ? 0.95 * arrivalRate : min(sendRate, arrivalRate)
    }
}
