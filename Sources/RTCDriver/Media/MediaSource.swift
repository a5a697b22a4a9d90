// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// Makes the packets of one outgoing stream on the worker's thread, when they are due.
///
/// Confined to the worker: it need not be `Sendable`, since the worker makes it and nobody else sees it.
package protocol MediaSource {
    /// The transport is connected: what is due is sent from now on.
    mutating func start(at now: MonotonicTime)

    /// When the next packet is due; `nil` when there is none before something else happens.
    var deadline: MonotonicTime? { get }

    /// Writes the payload of the next packet that is due.
    ///
    /// - Parameters:
    ///   - now: the present moment.
    ///   - payload: an empty buffer of 1,900 bytes; 1,200 are safe on every path.
    /// - Returns: what goes into the header; `nil` when nothing is due.
    mutating func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP?

    /// The receiver wants a key frame.
    mutating func keyFrameRequested(at now: MonotonicTime)
}

/// Takes the packets of one received track on the worker's thread, beside the streams they are forwarded to.
///
/// For players and measurements; it is called for every packet and must not wait.
package protocol MediaSink {
    /// Takes a packet.
    ///
    /// - Parameters:
    ///   - packet: all that is known of it.
    ///   - payload: its payload in plain; not to be kept.
    mutating func receive(_ packet: ReceivedPacket, payload: RawSpan)
}
