// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Counts the frames of one video stream by the timestamps of its packets (RFC 3550 §5.1: those of a frame share one).
///
/// A frame counts once, with its first packet that comes, however late: lost packets and reordering change nothing while
/// anything of it is there. Allocates nothing.
package struct FrameCounter: Sendable, BitwiseCopyable {
    /// Frames of which something came.
    package private(set) var frames: UInt64 = 0
    /// Those among them that are key frames.
    package private(set) var keyFrames: UInt64 = 0
    /// The time between the last two key frames; `nil` before there were two.
    package private(set) var keyFrameInterval: Duration?

    /// The last timestamps, in the order in which they came.
    private var recent = InlineArray<32, UInt32>(repeating: 0)
    /// Which of them are those of key frames, by their places.
    private var keyPlaces: UInt32 = 0
    /// Where the next one goes.
    private var next = 0
    private var count = 0
    private var newestPlace = 0
    /// What is no newer than this may have been counted and forgotten.
    private var floor: UInt32?
    private var lastKeyFrameAt: MonotonicTime?

    /// A step back of more ticks than this is another beginning of the same source: 10 s at 90 kHz.
    private static let longestDelay: Int32 = 900_000

    /// Makes a counter that has seen nothing.
    package init() {}

    /// Counts a packet.
    ///
    /// - Parameters:
    ///   - timestamp: its timestamp.
    ///   - isKeyFrame: whether it says that its frame is a key frame; one packet that does so is enough.
    ///   - now: the present moment.
    package mutating func count(_ timestamp: UInt32, isKeyFrame: Bool, at now: MonotonicTime) {
        if count > 0, recent[newestPlace] == timestamp {
            if isKeyFrame { markKeyFrame(at: newestPlace, now) }
            return
        }
        guard let place = place(of: timestamp) else { return }
        if isKeyFrame { markKeyFrame(at: place, now) }
    }

    /// The place of a frame that is not the newest, counted now if it is new; `nil` where that can't be told.
    private mutating func place(of timestamp: UInt32) -> Int? {
        guard count > 0 else { return insert(timestamp) }
        let step = Int32(bitPattern: timestamp &- recent[newestPlace])
        if step > 0 { return insert(timestamp) }
        if step < -Self.longestDelay {
            count = 0
            next = 0
            floor = nil
            return insert(timestamp)
        }
        for place in 0..<count where recent[place] == timestamp { return place }
        if let floor, Int32(bitPattern: timestamp &- floor) <= 0 { return nil }
        let newest = newestPlace
        let place = insert(timestamp)
        newestPlace = newest == place ? newestOfAll() : newest
        return place
    }

    private mutating func insert(_ timestamp: UInt32) -> Int {
        let place = next
        if count == recent.count {
            let forgotten = recent[place]
            if floor.map({ Int32(bitPattern: forgotten &- $0) > 0 }) ?? true { floor = forgotten }
        } else {
            count += 1
        }
        recent[place] = timestamp
        keyPlaces &= ~(1 << UInt32(place))
        next = (place + 1) % recent.count
        newestPlace = place
        frames += 1
        return place
    }

    private func newestOfAll() -> Int {
        var newest = 0
        for place in 1..<max(1, count) where Int32(bitPattern: recent[place] &- recent[newest]) > 0 { newest = place }
        return newest
    }

    private mutating func markKeyFrame(at place: Int, _ now: MonotonicTime) {
        guard keyPlaces & 1 << UInt32(place) == 0 else { return }
        keyPlaces |= 1 << UInt32(place)
        keyFrames += 1
        if let lastKeyFrameAt { keyFrameInterval = now - lastKeyFrameAt }
        lastKeyFrameAt = now
    }
}
