// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// What in a room has metadata of ours: free texts that everybody in the room reads (protocol page §6.3).
package enum MetadataSubject: String, Hashable, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
    /// The room, which others may hold too.
    case channel
    /// Our member.
    case member
    /// What it publishes as sound.
    case audio
    /// What it publishes as picture.
    case video

    /// The publication of a kind of media.
    package init(_ kind: MediaKind) {
        self =
            switch kind {
            case .audio: .audio
            case .video: .video
            }
    }

    /// The kind of media, where it is a publication.
    package var kind: MediaKind? {
        switch self {
        case .channel, .member: nil
        case .audio: .audio
        case .video: .video
        }
    }
}
