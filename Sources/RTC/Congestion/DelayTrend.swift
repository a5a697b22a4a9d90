// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Whether the queues on a path grow, by how much later each group of packets arrives than the one before it.
///
/// The filter of Google's congestion control (draft-ietf-rmcat-gcc-02 §5) in its later form: a line through the last
/// twenty delays, its slope held against a threshold that adapts, so that the estimate does not starve beside flows that
/// fill queues. Packets that left within 5 ms are one group, because senders let pictures go at once.
package struct DelayTrend: Sendable, BitwiseCopyable {
    /// What the delays say of the path.
    package enum Signal: Hashable, Sendable, BitwiseCopyable {
        /// Queues stay as they are.
        case normal
        /// Queues grow.
        case overuse
        /// Queues drain.
        case underuse
    }

    private struct Group: BitwiseCopyable {
        /// When its first and its last packet left, and when the last one arrived, in milliseconds.
        var firstSent: Double
        var lastSent: Double
        var arrival: Double
    }

    private struct Sample: BitwiseCopyable {
        var arrival = 0.0
        var delay = 0.0
    }

    /// Packets within so many milliseconds are one group.
    private static let groupLength = 5.0
    private static let window = 20
    private static let smoothing = 0.9
    private static let gain = 4.0
    /// The most samples that add to the weight of the slope.
    private static let maximumWeight = 60.0
    private static let thresholds = 6.0...600.0
    /// How fast the threshold follows slopes above and below it, per millisecond.
    private static let rising = 0.0087
    private static let falling = 0.039
    /// How long a slope must be too steep, in milliseconds.
    private static let patience = 10.0
    /// A path that was silent for so many milliseconds is looked at anew.
    private static let longestGap = 3_000.0

    /// What the delays said last.
    package private(set) var signal = Signal.normal

    private var group: Group?
    private var former: Group?
    private var samples: InlineArray<20, Sample> = InlineArray(repeating: Sample())
    private var sampleCount = 0
    private var firstArrival = 0.0
    private var delay = 0.0
    private var smoothed = 0.0
    private var threshold = 12.5
    private var slope = 0.0
    private var steepFor = 0.0
    private var steepCount = 0
    private var updatedAt: Double?

    /// Makes a filter that has seen no packet.
    package init() {}

    /// Takes a packet that arrived, in the order of sending.
    ///
    /// - Parameters:
    ///   - sent: when it left, on the sender's clock.
    ///   - arrival: when it arrived, on the receiver's.
    package mutating func receive(sent: MonotonicTime, arrival: MonotonicTime) {
        receive(sent: Double(sent.nanoseconds) / 1e6, arrival: Double(arrival.nanoseconds) / 1e6)
    }

    private mutating func receive(sent: Double, arrival: Double) {
        guard var group else {
            self.group = Group(firstSent: sent, lastSent: sent, arrival: arrival)
            return
        }
        if sent < group.firstSent { return }
        if arrival - group.arrival > Self.longestGap {
            self = DelayTrend()
            self.group = Group(firstSent: sent, lastSent: sent, arrival: arrival)
            return
        }
        if isOfGroup(group, sent: sent, arrival: arrival) {
            group.lastSent = max(group.lastSent, sent)
            group.arrival = max(group.arrival, arrival)
            self.group = group
            return
        }
        if let former { compare(group, with: former) }
        former = group
        self.group = Group(firstSent: sent, lastSent: sent, arrival: arrival)
    }

    /// Packets that left together, and those that a queue let go together, tell of one moment.
    private func isOfGroup(_ group: Group, sent: Double, arrival: Double) -> Bool {
        if sent - group.firstSent <= Self.groupLength { return true }
        let gap = arrival - group.arrival
        return gap <= Self.groupLength && gap - (sent - group.lastSent) < 0 && arrival - group.arrival >= 0
            && sent - group.firstSent < 100
    }

    private mutating func compare(_ group: Group, with former: Group) {
        let sentApart = group.lastSent - former.lastSent
        let arrivedApart = group.arrival - former.arrival
        guard arrivedApart >= 0 else { return }
        if sampleCount == 0 { firstArrival = group.arrival }
        delay += arrivedApart - sentApart
        smoothed = Self.smoothing * smoothed + (1 - Self.smoothing) * delay
        samples[sampleCount % Self.window] = Sample(arrival: group.arrival - firstArrival, delay: smoothed)
        sampleCount += 1
        let newSlope = sampleCount >= Self.window ? fittedSlope() : slope
        judge(newSlope, sentApart: sentApart, at: group.arrival)
    }

    /// The slope of the line with the least squares through the samples.
    private func fittedSlope() -> Double {
        var (meanX, meanY) = (0.0, 0.0)
        for index in 0..<Self.window {
            meanX += samples[index].arrival
            meanY += samples[index].delay
        }
        meanX /= Double(Self.window)
        meanY /= Double(Self.window)
        var (numerator, denominator) = (0.0, 0.0)
        for index in 0..<Self.window {
            let x = samples[index].arrival - meanX
            numerator += x * (samples[index].delay - meanY)
            denominator += x * x
        }
        return denominator > 0 ? numerator / denominator : 0
    }

    private mutating func judge(_ newSlope: Double, sentApart: Double, at arrival: Double) {
        guard sampleCount >= 2 else { return }
        let weighted = min(Double(sampleCount), Self.maximumWeight) * newSlope * Self.gain
        if weighted > threshold {
            steepFor = steepFor == 0 && steepCount == 0 ? sentApart / 2 : steepFor + sentApart
            steepCount += 1
            if steepFor > Self.patience, steepCount > 1, newSlope >= slope {
                steepFor = 0
                steepCount = 0
                signal = .overuse
            }
        } else {
            steepFor = 0
            steepCount = 0
            signal = weighted < -threshold ? .underuse : .normal
        }
        slope = newSlope
        adapt(to: weighted.magnitude, at: arrival)
    }

    private mutating func adapt(to steepness: Double, at arrival: Double) {
        defer { updatedAt = arrival }
        // A single peak, as a change of the route makes, says nothing of what is usual.
        guard steepness <= threshold + 15 else { return }
        let elapsed = min(arrival - (updatedAt ?? arrival), 100)
        let rate = steepness < threshold ? Self.falling : Self.rising
        let adapted = threshold + rate * (steepness - threshold) * max(0, elapsed)
        threshold = min(max(adapted, Self.thresholds.lowerBound), Self.thresholds.upperBound)
    }
}
