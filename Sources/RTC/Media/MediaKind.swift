// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a track carries.
package enum MediaKind: String, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// Sound.
    case audio
    /// Picture.
    case video
}
