// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// What a stream has done since it began.
struct StreamCounts: Hashable, Sendable, BitwiseCopyable {
    /// Packets, retransmissions included.
    var packets: UInt64 = 0
    /// Payload octets of these.
    var octets: UInt64 = 0
    /// Packets that were expected and did not come, as the receiver has it; below zero where some came twice.
    var lost: Int64 = 0
    /// Packets that came after they had been missed.
    var recovered: UInt64 = 0
    /// Packets that came or went once more.
    var retransmitted: UInt64 = 0
    /// Packets that were not handed on, on purpose.
    var discarded: UInt64 = 0
    /// Frames and key frames of video.
    var frames = FrameCount()
    /// What the receiver has told the sender.
    var feedback = FeedbackCounters()
}

/// What a stream did in one second.
struct StreamSample: Hashable, Sendable, BitwiseCopyable {
    /// The number of the reading that it ends with.
    var reading: UInt32 = 0
    /// Bits of payload per second.
    var bitrate: UInt32 = 0
    var packets: UInt32 = 0
    var lost: Int32 = 0
    var recovered: UInt32 = 0
    var retransmitted: UInt32 = 0
    var discarded: UInt32 = 0
    var frames: UInt16 = 0
    var keyFrames: UInt16 = 0
    var nacks: UInt16 = 0
    var keyFrameRequests: UInt16 = 0
    /// The interarrival jitter at its end, in microseconds.
    var jitter: UInt32?
    /// The round-trip time at its end, in microseconds.
    var roundTripTime: UInt32?
    /// The time from capture to sending at its end, in microseconds.
    var captureDelay: UInt32?

    /// What happened between two moments; where the counts went back, the stream has begun anew.
    init(from former: StreamCounts, to present: StreamCounts, seconds: Double, reading: UInt32) {
        let former = former.packets > present.packets ? StreamCounts() : former
        func step<Count: FixedWidthInteger>(_ count: (StreamCounts) -> UInt64) -> Count {
            Count(clamping: count(present) &- min(count(former), count(present)))
        }
        self.reading = reading
        let bits = Double((present.octets &- min(former.octets, present.octets)) * 8)
        bitrate = UInt32(clamping: Int64(seconds > 0 ? bits / seconds : 0))
        packets = step(\.packets)
        lost = Int32(clamping: present.lost - former.lost)
        recovered = step(\.recovered)
        retransmitted = step(\.retransmitted)
        discarded = step(\.discarded)
        frames = step(\.frames.frames)
        keyFrames = step(\.frames.keyFrames)
        nacks = step(\.feedback.nacks)
        keyFrameRequests = step(\.feedback.keyFrameRequests)
    }

    /// A sample of nothing.
    init() {}
}

extension FeedbackCounters {
    /// Requests for a key frame of either kind.
    var keyFrameRequests: UInt64 { pictureLosses + fullIntraRequests }
}

/// The last samples of a stream: room for all of them is there from the beginning.
struct SampleRing: Sendable {
    private var samples: [StreamSample]
    private var next = 0
    private var count = 0

    /// Makes an empty ring.
    ///
    /// - Parameter capacity: how many samples it remembers.
    init(capacity: Int) {
        samples = Array(repeating: StreamSample(), count: capacity)
    }

    /// Remembers a sample, in the place of the oldest where there is no room.
    mutating func append(_ sample: StreamSample) {
        samples[next] = sample
        next = (next + 1) % samples.count
        count = min(count + 1, samples.count)
    }

    /// Those that end with a reading after one with this number, the oldest first.
    func samples(after reading: UInt32) -> [StreamSample] {
        let first = (next - count + samples.count) % samples.count
        return (0..<count).map { samples[(first + $0) % samples.count] }.filter { $0.reading > reading }
    }

    /// The newest one; `nil` before there is any.
    var newest: StreamSample? {
        count == 0 ? nil : samples[(next + samples.count - 1) % samples.count]
    }
}
