// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a payload holds of the things that decide how it is forwarded.
package struct PayloadContent: OptionSet, Hashable, Sendable, BitwiseCopyable {
    package let rawValue: UInt8

    /// Makes a set from its bits.
    ///
    /// - Parameter rawValue: the bits.
    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// A receiver can begin with it, as it stands; in H264 a sequence parameter set, which is what mediasoup takes for
    /// the first packet of a key frame (`skyway-protocol.md` §7.6).
    package static let entryPoint = PayloadContent(rawValue: 1)
    /// It belongs to a key frame, as far as one packet can tell: the first packet, in H264 every packet of its slices.
    package static let keyFrame = PayloadContent(rawValue: 2)
    /// H264: the first slice of an IDR picture begins in it.
    package static let refreshStart = PayloadContent(rawValue: 4)
    /// H264: a parameter set begins in it.
    package static let parameterSets = PayloadContent(rawValue: 8)
    /// H264: a slice of another picture begins in it.
    package static let slice = PayloadContent(rawValue: 16)

    /// Whether a key frame may begin with it, as it stands or with parameter sets before it.
    package var canBeginLayer: Bool { !isDisjoint(with: [.entryPoint, .refreshStart]) }

    /// Whether it belongs to a key frame, as far as one packet can tell.
    package var isKeyFrame: Bool { contains(.keyFrame) }
}

/// What is known of a payload before it is forwarded, the same for all its receivers.
package struct InspectedPayload: Hashable, Sendable, BitwiseCopyable {
    /// What it holds.
    package var content: PayloadContent
    /// How many packets carry the parameter sets that its picture needs; 0 where they are not known or not needed.
    package var parameterSetPackets: UInt8
    /// Whether there is something to tell of its stream, or to ask for.
    package var hasNews = false

    /// Describes a payload.
    ///
    /// - Parameters:
    ///   - content: what it holds.
    ///   - parameterSetPackets: how many packets carry the parameter sets that its picture needs.
    package init(_ content: PayloadContent, parameterSetPackets: UInt8 = 0) {
        self.content = content
        self.parameterSetPackets = parameterSetPackets
    }
}
