// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The layers of a track that have been found, and what becomes of them: the best one is forwarded, or all are.
package struct LayerReport: Hashable, Sendable {
    /// One layer.
    package struct Layer: Hashable, Sendable {
        /// Its place in the offer.
        package var encoding: EncodingIndex
        /// Its RTP stream id, where it has one.
        package var rid: String?
        /// The size of its picture, where its key frames tell it.
        package var size: PictureSize?
        /// Bits per second, where they have been measured.
        package var bitrate: Double?
        /// Its rank where all layers are forwarded, 0 for the lowest quality; `nil` where one of them is.
        package var rank: Int?

        /// Describes a layer.
        ///
        /// - Parameters:
        ///   - encoding: its place in the offer.
        ///   - rid: its RTP stream id.
        ///   - size: the size of its picture.
        ///   - bitrate: bits per second.
        ///   - rank: its rank where all layers are forwarded.
        package init(
            encoding: EncodingIndex,
            rid: String?,
            size: PictureSize?,
            bitrate: Double?,
            rank: Int? = nil
        ) {
            self.encoding = encoding
            self.rid = rid
            self.size = size
            self.bitrate = bitrate
            self.rank = rank
        }
    }

    /// The track.
    package var track: TrackIndex
    /// The layers of which something has come, lowest quality first.
    package var layers: [Layer]
    /// How many layers were offered.
    package var offered: Int
    /// The layer that is forwarded; where all are, the best one that comes.
    package var forwarded: EncodingIndex
    /// The layer that was forwarded before, where the news is that another one is; `nil` where it is what was found.
    package var former: EncodingIndex?
    /// Whether all layers are forwarded, each in a stream of its own.
    package var isWhole: Bool
    /// Where all are forwarded, those that have been found but don't come at present.
    package var silent: Set<EncodingIndex>
    /// Where all are forwarded, the layer that has become silent or has come back, where that is the news.
    package var turned: EncodingIndex?

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - track: the track.
    ///   - layers: the layers that have been found, lowest quality first.
    ///   - offered: how many were offered.
    ///   - forwarded: the layer that is forwarded.
    ///   - former: the layer that was forwarded before.
    ///   - isWhole: whether all layers are forwarded.
    ///   - silent: those that don't come.
    ///   - turned: the layer that has become silent or has come back.
    package init(
        track: TrackIndex,
        layers: [Layer],
        offered: Int,
        forwarded: EncodingIndex,
        former: EncodingIndex? = nil,
        isWhole: Bool = false,
        silent: Set<EncodingIndex> = [],
        turned: EncodingIndex? = nil
    ) {
        self.track = track
        self.layers = layers
        self.offered = offered
        self.forwarded = forwarded
        self.former = former
        self.isWhole = isWhole
        self.silent = silent
        self.turned = turned
    }

    /// What is known of a layer.
    package subscript(_ encoding: EncodingIndex) -> Layer? { layers.first { $0.encoding == encoding } }
}
