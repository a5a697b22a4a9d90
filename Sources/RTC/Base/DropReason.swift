// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Why a datagram was dropped; each reason has a counter.
package enum DropReason: UInt8, Error, Hashable, Sendable, BitwiseCopyable, CaseIterable {
    /// The first byte belongs to none of the protocols that share the port (RFC 7983), or it is empty.
    case unknownProtocol
    /// STUN that can't be read or was refused.
    case stun
    /// DTLS from an address that has not passed a connectivity check, or before its time.
    case dtls
    /// Media from an address that has not passed a connectivity check.
    case unverifiedAddress
    /// Media before keys exist.
    case noKeys
    /// An RTP header that can't be read.
    case malformedRTP
    /// RTCP that can't be read.
    case malformedRTCP
    /// The authentication tag is wrong.
    case authentication
    /// Seen before.
    case replayed
    /// Older than the replay window.
    case tooOld
    /// A stream that belongs to no track.
    case unknownStream
    /// A payload type that was not agreed on.
    case unknownPayloadType
    /// More streams than a session may have.
    case tooManyStreams
    /// The session has ended.
    case closed
}

/// A count for every reason to drop a datagram.
package struct DropCounters: Sendable, BitwiseCopyable {
    private var counts: InlineArray<14, UInt64>

    /// Makes counters that stand at zero.
    package init() {
        counts = InlineArray(repeating: 0)
    }

    /// How often a reason occurred.
    package subscript(_ reason: DropReason) -> UInt64 { counts[Int(reason.rawValue)] }

    /// Counts one more.
    package mutating func count(_ reason: DropReason) { counts[Int(reason.rawValue)] += 1 }

    /// The sum over all reasons.
    package var total: UInt64 { DropReason.allCases.reduce(0) { $0 + self[$1] } }
}
