// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension IncomingTracks {
    /// Finds the stream that a retransmission repairs (RFC 4588 §5.3): by the ids in its header, by what is known of its
    /// stream, by an announced SSRC, by its payload type where only one stream can be meant, and in the end by what was
    /// asked for.
    ///
    /// - Parameters:
    ///   - header: the header of the retransmission.
    ///   - packet: its header extensions.
    ///   - original: the sequence number of the packet that it carries.
    /// - Returns: the slot of that stream.
    /// - Throws: `DropReason.unknownStream` where none or several can be meant.
    mutating func identifyRetransmission(
        _ header: RTPHeader,
        _ packet: PacketExtensions,
        original: UInt16
    ) throws(DropReason) -> Int {
        let known = repair(by: header.ssrc)
        let identifiers = StreamIdentifiers(of: packet)
        if let known, identifiers.isEmpty || known.identifiers == identifiers { return known.slot }
        guard
            let slot = slot(byIdentifiers: packet, header.payloadType) ?? known?.slot
                ?? slot(ofAnnouncedRepair: header.ssrc) ?? onlySlot(for: header.payloadType)
                ?? slot(waitingFor: original, header.payloadType)
        else { throw .unknownStream }
        try learnRepair(header.ssrc, Repair(slot: slot, identifiers: identifiers))
        guard slot != known?.slot else { return slot }
        guard let clock = streams[slot]?.reception.clock else { throw .unknownStream }
        streams[slot]?.retransmission = ReceiveStream(ssrc: header.ssrc, clockRate: clock.rate)
        return slot
    }

    /// The payload type of the packets that come again with this one, on the track of a stream.
    func originalPayloadType(of slot: Int, retransmission payloadType: UInt8) -> UInt8? {
        guard let track = streams[slot]?.track else { return nil }
        return parameters(of: track)?.codecs.first { $0.retransmissionPayloadType == payloadType }?.payloadType
    }

    /// Whether packets of a track are sent again in a stream of retransmissions.
    func sendsSeparately(_ track: TrackIndex) -> Bool {
        parameters(of: track)?.codecs.contains { $0.retransmissionPayloadType != nil } == true
    }

    private func slot(ofAnnouncedRepair ssrc: UInt32) -> Int? {
        for (index, track) in tracks.enumerated() {
            guard let encodings = track?.parameters.encodings,
                let encoding = encodings.firstIndex(where: { $0.retransmissionSSRC == ssrc })
            else { continue }
            return slot(of: TrackIndex(index), encoding: EncodingIndex(UInt8(encoding)))
        }
        return nil
    }

    /// By the id of the repaired stream, within the m-section where the packet names that; or by that alone, where it
    /// has one layer.
    private func slot(byIdentifiers packet: PacketExtensions, _ payloadType: UInt8) -> Int? {
        guard packet.mid != nil || packet.repairedRTPStreamID != nil else { return nil }
        let candidates = candidates(for: payloadType).filter { index in
            packet.mid == nil || tracks[index]?.mid == packet.mid
        }
        guard candidates.count == 1, let track = tracks[candidates[0]] else { return nil }
        if let rid = packet.repairedRTPStreamID, let encoding = track.rids.firstIndex(of: rid) {
            return track.slots[encoding]
        }
        return track.slots.count == 1 ? track.slots[0] : nil
    }

    private func onlySlot(for payloadType: UInt8) -> Int? {
        let candidates = candidates(for: payloadType)
        guard candidates.count == 1, let slots = tracks[candidates[0]]?.slots, slots.count == 1 else { return nil }
        return slots[0]
    }

    /// The one stream that waits for a packet of this number.
    private func slot(waitingFor original: UInt16, _ payloadType: UInt8) -> Int? {
        let candidates = candidates(for: payloadType)
        let waiting = streams.indices.filter { slot in
            guard let track = streams[slot]?.track, candidates.contains(track.rawValue) else { return false }
            return streams[slot]?.nack?.isWaiting(for: original) == true
        }
        return waiting.count == 1 ? waiting[0] : nil
    }

    /// The tracks on which this payload type means a retransmission.
    private func candidates(for payloadType: UInt8) -> [Int] {
        tracks.indices.filter { index in
            tracks[index]?.parameters.codecs.contains { $0.retransmissionPayloadType == payloadType } == true
        }
    }
}

extension ReceiveTrackParameters {
    /// How missing packets of a codec are asked for; of sound not at all where that was not agreed on.
    func nackPolicy(for codec: RTPCodec, asksEagerly: Bool) -> NACKGenerator.Policy? {
        guard codec.feedback.contains(.nack) else { return kind == .video ? .silent : nil }
        if encodings.count > 1, codec.retransmissionPayloadType == nil { return .tentative }
        return asksEagerly ? .eager : .mediasoup
    }
}

/// A set of payload types, one bit each.
struct PayloadTypeSet: Sendable, BitwiseCopyable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    /// Adds a payload type.
    mutating func insert(_ payloadType: UInt8) {
        if payloadType < 64 { low |= 1 << UInt64(payloadType) } else { high |= 1 << UInt64(payloadType & 63) }
    }

    /// Whether a payload type below 128 is in the set.
    func contains(_ payloadType: UInt8) -> Bool {
        (payloadType < 64 ? low >> UInt64(payloadType) : high >> UInt64(payloadType & 63)) & 1 != 0
    }
}
