// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension Session {
    /// How the timestamps of a layer lie to those of another one.
    ///
    /// By their sender's reports where these can be believed, otherwise by the layers' earliest arrivals; layers whose
    /// timestamps are nearly the same count from one beginning, as those of OBS do.
    ///
    /// - Parameters:
    ///   - track: the track of both.
    ///   - from: the layer whose timestamps are the measure.
    ///   - to: the other layer.
    /// - Returns: `nil` while nothing has come of either.
    package func timestampShift(of track: TrackIndex, from: EncodingIndex, to: EncodingIndex) -> TimestampShift? {
        guard let first = incoming.slot(of: track, encoding: from), let second = incoming.slot(of: track, encoding: to),
            let measure = incoming.streams[first]?.reception.ssrc, let other = incoming.streams[second]?.reception.ssrc,
            let ticks = publisherClock.shift(from: first, to: second)
        else { return nil }
        return TimestampShift(from: measure, to: other, ticks: ticks)
    }

    /// Begins to tell when the packets of a stream were captured, with its first one.
    mutating func beginClock(of slot: Int, _ timestamp: UInt32) {
        guard let track = incoming.streams[slot]?.track, let clock = incoming.streams[slot]?.reception.clock else {
            return
        }
        publisherClock.begin(slot, of: track, clock, timestamp: timestamp, at: now)
    }

    /// Takes a sender report of the stream in a slot.
    mutating func noteTiming(_ report: SenderReport, slot: Int) {
        publisherClock.receive(report, of: slot, at: now)
        reviewTiming()
    }

    /// Looks which clock of the publisher is to be believed, and how it lies to ours.
    mutating func reviewTiming() {
        publisherClock.review(at: now)
        publisherClockOffset = publisherClock.offset(to: wallClock, roundTrip: receiveRoundTrip ?? .zero)
    }

    /// Tells the moment of capture that a packet carries against our clock in place of its sender's; one that can't be
    /// true is left out.
    ///
    /// Mutating, so that the session is not copied for it.
    mutating func translateCaptureTime(in extensions: inout ForwardedExtensions) {
        guard let timestamp = extensions.absCaptureTimestamp else { return }
        let offset = extensions.absCaptureClockOffset
        extensions.absCaptureClockOffset = offset.flatMap { known in publisherClockOffset.map { known &+ $0 } }
        let isPlausible: Bool
        if let offset = extensions.absCaptureClockOffset {
            let age = Int64(bitPattern: wallClock.time(at: now).rawValue &+ UInt64(bitPattern: offset) &- timestamp)
            isPlausible = age > Self.captureAges.lowerBound && age < Self.captureAges.upperBound
        } else {
            isPlausible = timestamp != 0 && timestamp != .max
        }
        guard !isPlausible else { return }
        extensions.absCaptureTimestamp = nil
        extensions.absCaptureClockOffset = nil
    }

    /// How long ago a packet can have been captured, in seconds with 32 bits of fraction.
    private static var captureAges: Range<Int64> { -(2 << 32)..<(60 << 32) }
}
