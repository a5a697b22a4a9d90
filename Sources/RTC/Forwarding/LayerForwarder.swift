// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Makes one outgoing RTP stream of one layer of a track at a time.
///
/// The layer can be changed while the stream runs: the present one goes on until a key frame of the other one begins, and
/// what is late of it afterwards still goes to its own place. Sequence numbers go on without a break; timestamps go on
/// by the sender's own clock where its reports tell how those of the layers lie to each other, and never back.
package struct LayerForwarder: Sendable, BitwiseCopyable {
    /// What was forwarded last, and how.
    package private(set) var forwarder: TrackForwarder
    /// The layer that is being forwarded; `nil` before anything is.
    package private(set) var current: EncodingIndex?
    /// The layer that is to be forwarded, from its next key frame on.
    package private(set) var target: EncodingIndex
    /// The layer that `current` has followed.
    package private(set) var former: EncodingIndex?
    /// When it did.
    private var changedAt = MonotonicTime(nanoseconds: 0)
    private var shift: TimestampShift?

    /// For this long what is late of a former layer is expected.
    private static let stragglerTime: Duration = .seconds(1)

    /// Makes a forwarder that has forwarded nothing yet.
    ///
    /// - Parameters:
    ///   - configuration: how to forward.
    ///   - layer: the layer to begin with.
    ///   - newest: where the outgoing stream stands, when others have fed it before; `nil` when it begins.
    package init(
        _ configuration: ForwardingConfiguration,
        layer: EncodingIndex,
        after newest: TrackForwarder.Head? = nil
    ) {
        forwarder = TrackForwarder(configuration, after: newest)
        target = layer
    }

    /// Where the outgoing stream stands; `nil` before anything was forwarded.
    package var newest: TrackForwarder.Head? { forwarder.newest }

    /// Whether packets are being forwarded: not before the first key frame, nor during a pause.
    package var isRunning: Bool { forwarder.isRunning }

    /// Whether another layer than the present one is to be forwarded.
    package var isSwitching: Bool { current != nil && current != target }

    /// Whether it waits for a key frame of the target layer.
    package var needsKeyFrame: Bool { forwarder.needsKeyFrame || isSwitching }

    /// Whether packets of a layer may be of use.
    ///
    /// - Parameters:
    ///   - layer: the layer.
    ///   - now: the present moment.
    /// - Returns: `true` for the present layer, the target and, for a while, the former one.
    package func takes(_ layer: EncodingIndex, at now: MonotonicTime) -> Bool {
        layer == current || layer == target || layer == former && now < changedAt + Self.stragglerTime
    }

    /// Another layer is to be forwarded, from its next key frame on.
    package mutating func select(_ layer: EncodingIndex) {
        target = layer
    }

    /// The sender's reports tell how the timestamps of the target layer lie to the present one's.
    package mutating func align(_ shift: TimestampShift?) {
        self.shift = shift
    }

    /// Leaves a packet of any layer out on purpose: later ones close up.
    package mutating func skip(_ packet: ReceivedPacket) {
        if packet.encoding == current { forwarder.skip(packet.header) }
    }

    /// Where the timestamps of a layer go that is about to begin.
    package mutating func align(_ alignment: TimestampAlignment) {
        forwarder.align(alignment)
    }

    /// The layer goes on after a pause of the outgoing stream, from its next key frame on.
    package mutating func resume() {
        forwarder.resume()
    }

    /// Whether it is known where the timestamps of a source lie: it is being forwarded, or was before a pause.
    package func isAligned(_ ssrc: UInt32) -> Bool { forwarder.isAligned(ssrc) }

    /// Where the timestamps of another layer belong, in a stream of its own beside this one.
    ///
    /// - Parameters:
    ///   - packet: its first one.
    ///   - shift: how its timestamps lie to those of the present layer.
    /// - Returns: `nil` before anything has been forwarded here.
    package func alignment(
        of packet: ReceivedPacket,
        shift: TimestampShift?
    ) -> TimestampAlignment? {
        forwarder.alignment(of: packet, shift: shift)
    }

    /// Forwards a packet of any layer.
    ///
    /// - Parameters:
    ///   - packet: what is known of it.
    ///   - inspected: what its payload holds.
    ///   - now: the present moment.
    /// - Returns: what goes into its header, and how many packets of parameter sets go first; `nil` when it is dropped.
    package mutating func forward(
        _ packet: ReceivedPacket,
        _ inspected: InspectedPayload,
        at now: MonotonicTime
    ) -> ForwardedPacket? {
        if packet.encoding == current { return forwarder.forward(packet, inspected, at: now) }
        if packet.encoding == target { return begin(with: packet, inspected, at: now) }
        return packet.encoding == former ? forwarder.forwardStraggler(packet, at: now) : nil
    }

    private mutating func begin(
        with packet: ReceivedPacket,
        _ inspected: InspectedPayload,
        at now: MonotonicTime
    ) -> ForwardedPacket? {
        guard let current else {
            let forwarded = forwarder.forward(packet, inspected, at: now)
            if forwarded != nil { self.current = target }
            return forwarded
        }
        // What is late of a layer that was the present one shortly before begins nothing.
        let isLate =
            packet.encoding == former && now < changedAt + Self.stragglerTime && forwarder.isStraggler(packet.header)
        guard !isLate, forwarder.canBegin(with: inspected) else {
            return isLate ? forwarder.forwardStraggler(packet, at: now) : nil
        }
        guard let forwarded = forwarder.takeOver(with: packet, inspected, shift: shift, at: now) else { return nil }
        former = current
        changedAt = now
        self.current = target
        shift = nil
        return forwarded
    }
}
