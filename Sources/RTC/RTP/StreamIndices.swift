// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The place of an incoming track in its session.
package struct TrackIndex: Hashable, Sendable, BitwiseCopyable {
    /// The place in the session's table.
    package var rawValue: Int

    /// Makes an index.
    ///
    /// - Parameter rawValue: the place in the session's table.
    @inlinable
    package init(_ rawValue: Int) {
        self.rawValue = rawValue
    }
}

/// The place of an incoming RTP stream, which is one SSRC, in its session.
package struct ReceiveStreamIndex: Hashable, Sendable, BitwiseCopyable {
    /// The place in the session's table.
    package var rawValue: Int

    /// Makes an index.
    ///
    /// - Parameter rawValue: the place in the session's table.
    @inlinable
    package init(_ rawValue: Int) {
        self.rawValue = rawValue
    }
}

/// The place of an outgoing RTP stream in its session.
package struct SendStreamIndex: Hashable, Sendable, BitwiseCopyable {
    /// The place in the session's table.
    package var rawValue: Int

    /// Makes an index.
    ///
    /// - Parameter rawValue: the place in the session's table.
    @inlinable
    package init(_ rawValue: Int) {
        self.rawValue = rawValue
    }
}

/// The place of a layer among the encodings of its track, in signalled order.
package struct EncodingIndex: Hashable, Sendable, BitwiseCopyable {
    /// The place among the track's encodings.
    package var rawValue: UInt8

    /// Makes an index.
    ///
    /// - Parameter rawValue: the place among the track's encodings.
    @inlinable
    package init(_ rawValue: UInt8) {
        self.rawValue = rawValue
    }
}
