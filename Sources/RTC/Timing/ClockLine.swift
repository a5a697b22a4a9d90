// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How one clock reads while another one does: a straight line through a point of both, in nanoseconds.
///
/// Both run at nearly the same rate; what they differ by is `skew`.
struct ClockLine: Sendable, BitwiseCopyable {
    private var source: Int64
    private var target: Int64
    /// How much faster the target clock runs, as a part of the source clock's rate.
    private(set) var skew: Double

    /// Two clocks that differ by more than this are no clocks: crystals stay within a tenth of it.
    static let maximumSkew = 0.001

    /// Makes a line.
    ///
    /// - Parameters:
    ///   - source: a reading of one clock.
    ///   - target: what the other one read then.
    ///   - skew: how much faster that one runs.
    init(source: Int64, target: Int64, skew: Double = 0) {
        self.source = source
        self.target = target
        self.skew = skew
    }

    /// What the target clock reads while the source clock reads this.
    func target(at source: Int64) -> Int64 {
        let passed = source &- self.source
        return target &+ passed &+ Int64(Double(passed) * skew)
    }

    /// Sets the target clock right by a correction.
    mutating func shift(by correction: Int64) {
        target = target &+ correction
    }

    /// Changes the skew from a moment on.
    ///
    /// - Parameters:
    ///   - change: what is added.
    ///   - source: the moment, which both the old and the new line go through.
    mutating func turn(by change: Double, at source: Int64) {
        target = target(at: source)
        self.source = source
        skew = max(-Self.maximumSkew, min(skew + change, Self.maximumSkew))
    }
}
