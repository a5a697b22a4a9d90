// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension TrackForwarder {
    /// One incoming stream and how its numbers become outgoing ones.
    struct Source: BitwiseCopyable {
        var ssrc: UInt32
        var map: SequenceMap
        /// What is added to its timestamps.
        var timestampOffset: UInt32
        /// What would be added, had timestamps never to go forward: what those of a source that follows are laid against.
        var alignedOffset: UInt32
        /// What was added before its clock last jumped; `nil` where it never did.
        private var offsetBeforeJump: UInt32?
        /// Whether the newest packet ends its access unit, and its timestamp.
        private var newestEndsUnit = false
        private var newestTimestamp: UInt32 = 0
        /// The newest access unit of which a parameter set or a part of an IDR picture was seen.
        private var keyFrameTimestamp: UInt32?

        init(ssrc: UInt32, map: SequenceMap, timestampOffset: UInt32) {
            self.ssrc = ssrc
            self.map = map
            self.timestampOffset = timestampOffset
            alignedOffset = timestampOffset
        }

        /// Its clock has jumped: from now on so much more is added to its timestamps.
        mutating func jump(by ticks: UInt32) {
            offsetBeforeJump = timestampOffset
            timestampOffset &+= ticks
            alignedOffset = timestampOffset
        }

        /// What is added to a timestamp, which may be one from before a jump.
        ///
        /// - Parameters:
        ///   - timestamp: the incoming timestamp.
        ///   - newest: the newest outgoing one.
        /// - Returns: the offset that brings it nearer to that.
        func offset(for timestamp: UInt32, near newest: UInt32) -> UInt32 {
            guard let offsetBeforeJump else { return timestampOffset }
            let distance = Int32(bitPattern: timestamp &+ timestampOffset &- newest).magnitude
            let former = Int32(bitPattern: timestamp &+ offsetBeforeJump &- newest).magnitude
            return former < distance ? offsetBeforeJump : timestampOffset
        }

        /// Notes a packet that is forwarded.
        mutating func note(_ header: RTPHeader, _ content: PayloadContent, isNewest: Bool) {
            if isNewest {
                newestEndsUnit = header.marker
                newestTimestamp = header.timestamp
            }
            if !content.isDisjoint(with: [.entryPoint, .keyFrame]), isNewKeyFrame(header) {
                keyFrameTimestamp = header.timestamp
            }
        }

        /// Whether nothing of the same key frame, or of a later one, was seen before.
        ///
        /// A packet that seems very late is none: the timestamps have jumped.
        func isNewKeyFrame(_ header: RTPHeader) -> Bool {
            guard let keyFrameTimestamp else { return true }
            let step = Int32(bitPattern: header.timestamp &- keyFrameTimestamp)
            return step > 0 || step < -TrackForwarder.longestDelay
        }

        /// Whether packets that are missing before this one seem to belong to its access unit.
        func isGapInside(unitOf header: RTPHeader) -> Bool { newestEndsUnit || newestTimestamp == header.timestamp }
    }

    /// The newest outgoing packet: what goes on when another source feeds the same stream.
    package struct Head: Sendable, BitwiseCopyable {
        var sequenceNumber: UInt16
        /// The newest outgoing timestamp.
        var timestamp: UInt32
        /// When what it stands for was captured.
        package var capturedAt: MonotonicTime

        /// After so long timestamps may have wrapped, so that a later one seems to be earlier.
        private static let wrapTime: Duration = .seconds(3_600)

        /// Whether an outgoing timestamp lies behind the newest one.
        func isFollowed(by other: UInt32, _ otherCapturedAt: MonotonicTime) -> Bool {
            Int32(bitPattern: other &- timestamp) > 0 || otherCapturedAt - capturedAt > Self.wrapTime
        }
    }

    /// The numbers that a packet goes out with.
    struct Route: BitwiseCopyable {
        var sequenceNumber: UInt16
        var timestampOffset: UInt32
        var isNewest: Bool
        var room = InsertedRoom()
    }
}
