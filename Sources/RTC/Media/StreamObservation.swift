// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What was seen of an incoming stream that its publisher may want to change; each kind is told once per stream.
package struct StreamObservation: Hashable, Sendable {
    /// The track of the stream.
    package var track: TrackIndex
    /// Its place among the track's layers.
    package var encoding: EncodingIndex
    /// What was seen.
    package var finding: StreamFinding

    /// Makes an observation.
    ///
    /// - Parameters:
    ///   - track: the track of the stream.
    ///   - encoding: its place among the track's layers.
    ///   - finding: what was seen.
    package init(track: TrackIndex, encoding: EncodingIndex, finding: StreamFinding) {
        self.track = track
        self.encoding = encoding
        self.finding = finding
    }
}

/// What can be seen of a stream.
package enum StreamFinding: Hashable, Sendable {
    /// H264: what its first sequence parameter set says.
    case format(H264StreamFormat)
    /// H264: pictures are sent in another order than they are shown in, which WebRTC has no place for.
    case bidirectionalPictures
    /// For this long or longer no key frame came by itself, nor when asked for.
    case longKeyFrameInterval(Duration)
    /// Several requests for a key frame brought none.
    case ignoredKeyFrameRequests
}

/// The format of an H264 stream beside the one that was declared.
package struct H264StreamFormat: Hashable, Sendable, BitwiseCopyable {
    /// What the stream says of itself.
    package var stream: H264ProfileLevel
    /// What its publisher declared.
    package var declared: H264ProfileLevel
    /// The width of the picture in pixels.
    package var width: Int
    /// The height of the picture in pixels.
    package var height: Int

    /// Makes a format.
    ///
    /// - Parameters:
    ///   - set: the sequence parameter set of the stream.
    ///   - declared: what its publisher declared.
    package init(_ set: H264SequenceParameterSet, declared: H264ProfileLevel) {
        stream = set.profileLevel
        self.declared = declared
        width = set.width
        height = set.height
    }

    /// Whether the stream needs more than was declared, so that a viewer who trusts the declaration may see nothing.
    package var exceedsDeclaredProfile: Bool { stream.demand > declared.demand }

    /// Whether the level of the stream is above the declared one.
    package var exceedsDeclaredLevel: Bool { declared.isLevelLower(than: stream) }
}

extension H264ProfileLevel {
    /// What a profile demands of a decoder, from little to much: who decodes one decodes those below it.
    ///
    /// Baseline counts as Constrained Baseline: no encoder here uses what only it has, though some leave out the flag.
    fileprivate var demand: Int {
        switch profile {
        case .constrainedBaseline, .baseline: 0
        case .main: 1
        case .constrainedHigh, .high: 2
        case .predictiveHigh444: 3
        case nil: [0x42: 0, 0x4D: 1, 0x58: 1, 0x64: 2][profileIDC] ?? 3
        }
    }
}
