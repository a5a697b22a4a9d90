// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What has become of what is sent because of congestion on the path to the peer.
package enum CongestionNews: Hashable, Sendable {
    /// The path carries less than is to be sent: so many bits per second, of so many.
    case limited(to: UInt64, of: UInt64)
    /// Nothing limits what is sent any more.
    case lifted
    /// So many of the highest layers are held back.
    case layersHeld(Int)
    /// Whole pictures are left out, because the publisher sends more than the path carries and does not heed it; so many
    /// bits per second of pictures fit.
    case picturesLeftOut(fitting: UInt64)
    /// All pictures are sent again.
    case picturesWhole
}
