// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Leaves out whole pictures of a stream that is more than the path ahead carries, so that what is left can be decoded.
///
/// Once too much waits to leave, nothing is let through until a key frame comes and little waits.
package struct PictureGate: Sendable, BitwiseCopyable {
    /// No further picture is begun while what waits takes longer than this to leave.
    package static let longestBacklog: Duration = .milliseconds(200)
    /// A key frame is let through again while what waits takes no longer than this.
    package static let shortestBacklog: Duration = .milliseconds(50)
    /// A timestamp that lies further back than so many ticks of 90 kHz belongs to another source.
    private static let longestDelay: Int32 = 900_000

    /// Whether it waits for a key frame.
    package private(set) var isShut = false
    /// The newest picture that was let through.
    private var newest: UInt32?

    /// Makes a gate that is open.
    package init() {}

    /// Whether a packet goes on.
    ///
    /// - Parameters:
    ///   - timestamp: its picture's.
    ///   - canBegin: whether a key frame may begin with it.
    ///   - backlog: how long it takes until what waits has left.
    /// - Returns: whether it does; it is to be left out otherwise.
    package mutating func admits(timestamp: UInt32, canBegin: Bool, backlog: Duration) -> Bool {
        let step = newest.map { Int32(bitPattern: timestamp &- $0) } ?? 1
        // What is late of a picture that was let through goes after it.
        guard step > 0 || step < -Self.longestDelay else { return true }
        if isShut {
            guard canBegin, backlog <= Self.shortestBacklog else { return false }
            isShut = false
        } else if backlog > Self.longestBacklog {
            isShut = true
            return false
        }
        newest = timestamp
        return true
    }

    /// Another stream is let through from here on.
    package mutating func open() { self = PictureGate() }
}
