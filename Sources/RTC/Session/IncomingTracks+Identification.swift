// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension IncomingTracks {
    /// The track and the layer that a packet belongs to, by what is most to be trusted of what tells it; `nil` where
    /// nothing does.
    func place(of header: RTPHeader, _ packet: PacketExtensions) -> (TrackIndex, EncodingIndex)? {
        if let found = placeByStreamID(packet) { return found }
        if let mid = packet.mid {
            if let index = tracks.firstIndex(where: { $0?.mid == mid }) { return place(in: index, header.ssrc) }
            // It belongs to an m-section that there is not (RFC 9143 §9.2).
            if tracks.allSatisfy({ $0 == nil || $0?.mid != nil }) { return nil }
        }
        if let learned = learnedPlace(of: header.ssrc) { return learned }
        if packet.repairedRTPStreamID != nil { return nil }
        return owner(ofAnnounced: header.ssrc) ?? placeByPayloadType(header.payloadType)
    }

    private func learnedPlace(of ssrc: UInt32) -> (TrackIndex, EncodingIndex)? {
        slots[ssrc].flatMap { streams[$0] }.map { ($0.track, $0.encoding) }
    }

    /// The layer for which an SSRC was announced.
    func owner(ofAnnounced ssrc: UInt32) -> (TrackIndex, EncodingIndex)? {
        for index in tracks.indices {
            if let encoding = encoding(ofAnnounced: ssrc, in: index) { return (TrackIndex(index), encoding) }
        }
        return nil
    }

    private func encoding(ofAnnounced ssrc: UInt32, in track: Int) -> EncodingIndex? {
        let place = tracks[track]?.parameters.encodings.firstIndex { $0.ssrc == ssrc }
        return place.map { EncodingIndex(UInt8($0)) }
    }

    /// By the RTP stream id, within the m-section where the packet names that.
    ///
    /// An id that was not announced tells nothing: OBS writes one on single layers too (WHIP page A1).
    private func placeByStreamID(_ packet: PacketExtensions) -> (TrackIndex, EncodingIndex)? {
        guard let rid = packet.rtpStreamID else { return nil }
        for (index, track) in tracks.enumerated() {
            guard let track, packet.mid == nil || track.mid == packet.mid,
                let encoding = track.rids.firstIndex(of: rid)
            else { continue }
            return (TrackIndex(index), EncodingIndex(UInt8(encoding)))
        }
        return nil
    }

    /// Within the track that the media id names: its only layer, or the one whose SSRC is known.
    private func place(in track: Int, _ ssrc: UInt32) -> (TrackIndex, EncodingIndex)? {
        if tracks[track]?.slots.count == 1 { return (TrackIndex(track), EncodingIndex(0)) }
        if let learned = learnedPlace(of: ssrc), learned.0.rawValue == track { return learned }
        return encoding(ofAnnounced: ssrc, in: track).map { (TrackIndex(track), $0) }
    }

    private func placeByPayloadType(_ payloadType: UInt8) -> (TrackIndex, EncodingIndex)? {
        var found: (TrackIndex, EncodingIndex)?
        for (index, track) in tracks.enumerated() {
            guard let track, track.parameters.codecs.contains(where: { $0.payloadType == payloadType }) else {
                continue
            }
            guard found == nil, track.slots.count == 1 else { return nil }
            found = (TrackIndex(index), EncodingIndex(0))
        }
        return found
    }
}

extension StreamIdentifiers {
    /// The ids that a packet came with.
    init(of packet: PacketExtensions) {
        self.init(
            mid: packet.mid,
            rtpStreamID: packet.rtpStreamID,
            repairedRTPStreamID: packet.repairedRTPStreamID
        )
    }

    /// Whether there are none.
    var isEmpty: Bool { mid == nil && rtpStreamID == nil && repairedRTPStreamID == nil }
}
