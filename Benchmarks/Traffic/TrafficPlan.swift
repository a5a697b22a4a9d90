// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// What all publishers of a measurement send together.
///
/// The same packets leave at the same moments however many publishers share them, so that costs differ by the number of
/// publishers and nothing else: pictures of six packets, every 48th a key frame of 24 in one go, and a tenth of all
/// packets sound. Only with few publishers a single one sends more pictures than a camera would.
package struct TrafficPlan: Sendable, Hashable {
    /// How many publishers there are.
    package var publishers: Int
    /// Packets per second of all of them.
    package var packetsPerSecond: Int

    /// The share of the packets that is sound, in percent.
    static let soundPercent = 10

    /// Makes a plan.
    ///
    /// - Parameters:
    ///   - publishers: how many publishers there are, at least one.
    ///   - packetsPerSecond: packets per second of all of them, at least one each.
    package init(publishers: Int, packetsPerSecond: Int) {
        precondition(publishers > 0 && packetsPerSecond >= publishers, "every publisher sends something")
        self.publishers = publishers
        self.packetsPerSecond = packetsPerSecond
    }

    /// The time between two pictures, or two packets of sound, of one publisher.
    package func interval(of kind: MediaKind) -> Duration {
        let (percent, packets) =
            kind == .audio
            ? (Double(Self.soundPercent), 1.0)
            : (Double(100 - Self.soundPercent), PacketPlace.packetsPerPicture)
        let rate = Double(packetsPerSecond) * percent / 100
        return .nanoseconds(Int64(1e9 * packets * Double(publishers) / rate))
    }

    /// When a publisher begins within the interval, 0..<1: the golden ratio spreads any number of them.
    package static func phase(of publisher: Int) -> Double {
        (0.618_034 * Double(publisher)).truncatingRemainder(dividingBy: 1)
    }
}

/// The place of a video packet in its picture, by its number in the stream.
package struct PacketPlace: Sendable, Hashable {
    /// Packets of an ordinary picture.
    static let ordinary: UInt64 = 6
    /// Packets of a key frame.
    static let keyFrame: UInt64 = 24
    /// Pictures from one key frame to the next.
    static let pictures: UInt64 = 48
    /// Packets from one key frame to the next.
    static let cycle = keyFrame + (pictures - 1) * ordinary
    /// How many packets a picture has on average.
    static var packetsPerPicture: Double { Double(cycle) / Double(pictures) }

    /// Whether the picture is a key frame.
    package let isKeyFrame: Bool
    /// Whether the packet is the first of its picture.
    package let isFirst: Bool
    /// Whether the packet is the last of its picture.
    package let isLast: Bool
    /// Whether the slice of the picture begins in the packet: the first packet of a key frame has the parameter sets.
    package let beginsSlice: Bool

    /// Finds the place.
    ///
    /// - Parameter number: the number of the packet, from 0.
    package init(_ number: UInt64) {
        let place = number % Self.cycle
        isKeyFrame = place < Self.keyFrame
        let (part, parts) =
            isKeyFrame ? (place, Self.keyFrame) : ((place - Self.keyFrame) % Self.ordinary, Self.ordinary)
        isFirst = part == 0
        isLast = part == parts - 1
        beginsSlice = part == (isKeyFrame ? 1 : 0)
    }
}
