// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The tracks that a session receives, and which stream belongs to which.
///
/// A stream is found by its SSRC once it is known. Before that its packets tell where they belong: by an announced SSRC,
/// by media id and RTP stream id, or by a payload type that only one track has (RFC 8843 §9.2; publishers that announce
/// neither exist).
struct IncomingTracks {
    /// A track with the stream that feeds each of its layers.
    struct Track {
        var parameters: ReceiveTrackParameters
        var mid: ShortIdentifier?
        var rids: [ShortIdentifier?]
        var slots: [Int?]
    }

    /// A stream with its reception state.
    struct Stream {
        var track: TrackIndex
        var encoding: EncodingIndex
        var reception: ReceiveStream
        /// Asks for what is missing, where that was agreed on.
        var nack: NACKGenerator?
        /// The stream that its packets are sent again in, once it is known.
        var retransmission: ReceiveStream?
        var keyFrames = KeyFrameRequestThrottle()
        /// Whether a key frame is to be asked for now.
        var wantsKeyFrame = false
        /// How many key frames were asked for, modulo 256: the number of a full intra request.
        var keyFrameRequests: UInt8 = 0
    }

    /// The most tracks a session may receive.
    static let maximumTracks = 64
    /// The most layers a track may have.
    static let maximumEncodings = 16
    /// The most streams a session may receive.
    static let maximumStreams = 128

    private(set) var tracks: [Track?] = []
    /// Which payload types are those of retransmissions.
    private(set) var retransmissionPayloadTypes = PayloadTypeSet()
    /// The streams in slots, so that a packet's stream is changed in place.
    var streams: [Stream?] = []
    private var slots: [UInt32: Int] = [:]
    /// The slots of the streams that streams of retransmissions repair.
    private var repairs: [UInt32: Int] = [:]
    /// The extension ids in force; they are one table per transport.
    private(set) var extensions = HeaderExtensionMap()

    /// Adds a track.
    ///
    /// - Throws: `SessionError.tooManyTracks`, or `.duplicateStream` when an SSRC is announced twice.
    mutating func add(_ parameters: ReceiveTrackParameters) throws(SessionError) -> TrackIndex {
        guard parameters.encodings.count <= Self.maximumEncodings else { throw .tooManyTracks }
        for encoding in parameters.encodings {
            guard let ssrc = encoding.ssrc else { continue }
            guard owner(ofAnnounced: ssrc) == nil else { throw .duplicateStream(ssrc) }
        }
        guard tracks.count < Self.maximumTracks || tracks.contains(where: { $0 == nil }) else {
            throw .tooManyTracks
        }
        let layers = max(parameters.encodings.count, 1)
        let track = Track(
            parameters: parameters,
            mid: parameters.mid.flatMap { ShortIdentifier($0) },
            rids: parameters.encodings.isEmpty
                ? [nil] : parameters.encodings.map { $0.rid.flatMap { ShortIdentifier($0) } },
            slots: Array(repeating: nil, count: layers)
        )
        for kind in HeaderExtension.allCases {
            if let id = parameters.extensions[kind] { extensions[kind] = id }
        }
        defer { updateRetransmissionPayloadTypes() }
        if let free = tracks.firstIndex(where: { $0 == nil }) {
            tracks[free] = track
            return TrackIndex(free)
        }
        tracks.append(track)
        return TrackIndex(tracks.count - 1)
    }

    /// Removes a track with its streams.
    mutating func remove(_ index: TrackIndex) {
        guard tracks.indices.contains(index.rawValue) else { return }
        tracks[index.rawValue] = nil
        updateRetransmissionPayloadTypes()
        for (ssrc, slot) in slots where streams[slot]?.track == index {
            slots[ssrc] = nil
            empty(slot)
        }
    }

    /// The parameters of a track.
    func parameters(of index: TrackIndex) -> ReceiveTrackParameters? {
        tracks.indices.contains(index.rawValue) ? tracks[index.rawValue]?.parameters : nil
    }

    /// The slot of the stream that feeds a layer of a track.
    func slot(of index: TrackIndex, encoding: EncodingIndex) -> Int? {
        guard tracks.indices.contains(index.rawValue), let track = tracks[index.rawValue],
            track.slots.indices.contains(Int(encoding.rawValue))
        else { return nil }
        return track.slots[Int(encoding.rawValue)]
    }

    /// The slot of the stream with this SSRC.
    func slot(ofSSRC ssrc: UInt32) -> Int? { slots[ssrc] }

    /// Finds or makes the stream of an authenticated packet; the flag says that it was made.
    mutating func identify(
        _ header: RTPHeader,
        _ packet: PacketExtensions
    ) throws(DropReason) -> (slot: Int, isNew: Bool) {
        if let slot = slots[header.ssrc] { return (slot, false) }
        guard let (index, encoding) = place(of: header, packet), let track = tracks[index.rawValue] else {
            throw .unknownStream
        }
        guard let codec = track.parameters.codecs.first(where: { $0.payloadType == header.payloadType }) else {
            throw .unknownPayloadType
        }
        let layer = Int(encoding.rawValue)
        if let former = track.slots[layer] {
            slots = slots.filter { $0.value != former }
            empty(former)
        }
        let slot = try freeSlot()
        streams[slot] = Stream(
            track: index,
            encoding: encoding,
            reception: ReceiveStream(ssrc: header.ssrc, clockRate: codec.clockRate),
            nack: track.parameters.nackPolicy(for: codec).map { NACKGenerator($0) }
        )
        slots[header.ssrc] = slot
        tracks[index.rawValue]?.slots[layer] = slot
        return (slot, true)
    }

    private mutating func updateRetransmissionPayloadTypes() {
        retransmissionPayloadTypes = PayloadTypeSet()
        for codec in tracks.compactMap({ $0?.parameters.codecs }).joined() {
            if let payloadType = codec.retransmissionPayloadType { retransmissionPayloadTypes.insert(payloadType) }
        }
    }

    private mutating func empty(_ slot: Int) {
        streams[slot] = nil
        repairs = repairs.filter { $0.value != slot }
    }

    private mutating func freeSlot() throws(DropReason) -> Int {
        if let free = streams.firstIndex(where: { $0 == nil }) { return free }
        guard streams.count < Self.maximumStreams else { throw .tooManyStreams }
        streams.append(nil)
        return streams.count - 1
    }

    /// Notes which stream a stream of retransmissions repairs.
    mutating func learnRepair(_ ssrc: UInt32, of slot: Int) { repairs[ssrc] = slot }

    /// The slot of the stream that a stream of retransmissions is known to repair.
    func repairedSlot(of ssrc: UInt32) -> Int? { repairs[ssrc] }

    private func place(of header: RTPHeader, _ packet: PacketExtensions) -> (TrackIndex, EncodingIndex)? {
        if let announced = owner(ofAnnounced: header.ssrc) { return announced }
        if packet.repairedRTPStreamID != nil { return nil }
        if let found = placeByIdentifiers(packet) { return found }
        if packet.mid != nil { return nil }
        return placeByPayloadType(header.payloadType)
    }

    private func owner(ofAnnounced ssrc: UInt32) -> (TrackIndex, EncodingIndex)? {
        for (index, track) in tracks.enumerated() {
            guard let encodings = track?.parameters.encodings else { continue }
            if let encoding = encodings.firstIndex(where: { $0.ssrc == ssrc }) {
                return (TrackIndex(index), EncodingIndex(UInt8(encoding)))
            }
        }
        return nil
    }

    private func placeByIdentifiers(_ packet: PacketExtensions) -> (TrackIndex, EncodingIndex)? {
        for (index, track) in tracks.enumerated() {
            guard let track else { continue }
            if let mid = packet.mid, track.mid != mid { continue }
            if let rid = packet.rtpStreamID {
                if let encoding = track.rids.firstIndex(of: rid) {
                    return (TrackIndex(index), EncodingIndex(UInt8(encoding)))
                }
                // OBS writes a RID on single-layer tracks that announced none.
                if packet.mid != nil, track.rids == [nil] { return (TrackIndex(index), EncodingIndex(0)) }
            } else if packet.mid != nil, track.rids.count == 1 {
                return (TrackIndex(index), EncodingIndex(0))
            }
        }
        return nil
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
