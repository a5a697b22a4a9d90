// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// When a key frame has to take the place of packets that do not come: viewers stand still until then, and ask for one
/// themselves only after seconds.
struct KeyFrameNeed: Sendable, BitwiseCopyable {
    /// A packet that has been missing for so long holds up the picture, even if it comes after all.
    static let patience: Duration = .milliseconds(800)
    /// The time until a key frame is asked for again that has not begun.
    static let interval: Duration = .milliseconds(500)
    /// How often one is asked for in a row.
    static let maximumWishes: UInt8 = 6

    /// The moment to ask again.
    private(set) var due: MonotonicTime?
    /// The packet that the newest key frame begins with.
    private var keyFrame: Int64 = .min
    /// The newest packet that will not come any more, unless a key frame has begun after it.
    private var lost: Int64?
    private var wishes: UInt8 = 0
    private var isWished = false

    /// Whether a packet that is missing holds up pictures.
    func concerns(_ number: Int64) -> Bool { number > keyFrame }

    /// A packet will not come any more.
    mutating func isLost(_ number: Int64) {
        guard concerns(number) else { return }
        lost = max(lost ?? number, number)
    }

    /// A key frame begins with this packet.
    mutating func keyFrameBegan(_ number: Int64) {
        keyFrame = max(keyFrame, number)
        if let lost, !concerns(lost) { self.lost = nil }
    }

    /// Decides whether to ask now.
    ///
    /// - Parameters:
    ///   - isLate: whether a packet that may still come holds up pictures for too long.
    ///   - now: the present moment.
    mutating func judge(isLate: Bool, at now: MonotonicTime) {
        guard isLate || lost != nil else {
            due = nil
            wishes = 0
            return
        }
        if let due, now < due { return }
        guard wishes < Self.maximumWishes else {
            // Who has not answered so far will not.
            lost = nil
            due = nil
            return
        }
        wishes += 1
        isWished = true
        due = now + Self.interval
    }

    /// Whether to ask now; says so once.
    mutating func takeWish() -> Bool {
        defer { isWished = false }
        return isWished
    }
}
