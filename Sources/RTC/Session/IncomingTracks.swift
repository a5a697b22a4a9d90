// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The tracks that a session receives, and which stream belongs to which.
///
/// Where a packet belongs is told, in this order of trust, by its RTP stream id, by its media id, by its SSRC, learned or
/// announced, or by a payload type that only one track has (RFC 9143 §9.2, RFC 8852 §3; publishers that announce nothing
/// exist). Ids need not be in every packet: once they are known, the SSRC stands for them, until others come.
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
        /// The SSRC that the layer had before, and since when it has another one.
        var former: (ssrc: UInt32, until: MonotonicTime)?
        var reception: ReceiveStream
        /// Asks for what is missing, where that was agreed on.
        var nack: NACKGenerator?
        /// The stream that its packets are sent again in, once it is known.
        var retransmission: ReceiveStream?
        var keyFrames = KeyFrameRequestThrottle()
        /// Whether a key frame is to be asked for now.
        var wantsKeyFrame = false
        /// What its sender was told.
        var feedback = FeedbackCounters()
        /// Its packets that came after they had been missed.
        var recovered: UInt64 = 0
        /// How many key frames were asked for, modulo 256: the number of a full intra request.
        var keyFrameRequests: UInt8 = 0
    }

    /// Where the packets of a stream belong: all of a stream that each of its packets asks for.
    ///
    /// It stands beside the streams because to read anything of a stream copies all of it.
    struct Place: BitwiseCopyable {
        let ssrc: UInt32
        let track: TrackIndex
        let encoding: EncodingIndex
        /// The ids that its packets had last.
        var identifiers: StreamIdentifiers
    }

    /// The most tracks a session may receive.
    static let maximumTracks = 64
    /// The most layers a track may have.
    static let maximumEncodings = 16
    /// The most streams a session may receive.
    static let maximumStreams = 128
    /// For so long after a layer got another SSRC, what comes of the former one is late.
    private static let stragglerTime: Duration = .milliseconds(500)

    /// Whether what is missing is asked for sooner than mediasoup does.
    private let asksEagerly: Bool
    private(set) var tracks: [Track?] = []
    /// Which payload types are those of retransmissions.
    private(set) var retransmissionPayloadTypes = PayloadTypeSet()
    /// The streams in slots, so that a packet's stream is changed in place.
    var streams: [Stream?] = []
    /// The places of the streams, slot by slot.
    private(set) var places: [Place?] = []
    private(set) var slots: [UInt32: Int] = [:]
    /// The slot of the last packet: nearly always that of the next one.
    private var lastSlot = 0
    /// The streams that streams of retransmissions repair.
    private var repairs: [UInt32: Repair] = [:]
    /// The extension ids in force; they are one table per transport.
    private(set) var extensions = HeaderExtensionMap()

    /// Makes a table without tracks.
    init(asksEagerly: Bool = true) {
        self.asksEagerly = asksEagerly
    }

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
        _ packet: PacketExtensions,
        at now: MonotonicTime
    ) throws(DropReason) -> (slot: Int, isNew: Bool) {
        let known = knownSlot(of: header.ssrc)
        let identifiers = StreamIdentifiers(of: packet)
        if let known, identifiers.isEmpty || places[known]?.identifiers == identifiers { return (known, false) }
        guard let (index, encoding) = place(of: header, packet), let track = tracks[index.rawValue] else {
            throw .unknownStream
        }
        if let known, places[known]?.track == index, places[known]?.encoding == encoding {
            places[known]?.identifiers = identifiers
            return (known, false)
        }
        guard let codec = track.parameters.codecs.first(where: { $0.payloadType == header.payloadType }) else {
            throw .unknownPayloadType
        }
        let former = track.slots[Int(encoding.rawValue)]
        if let former, let last = streams[former]?.former, last.ssrc == header.ssrc, now < last.until {
            throw .unknownStream
        }
        let replaced = former.flatMap { streams[$0]?.reception.ssrc }
        for stale in [known, former] { stale.map { forget(slot: $0) } }
        let slot = try freeSlot()
        streams[slot] = Stream(
            track: index,
            encoding: encoding,
            former: replaced.map { ($0, now + Self.stragglerTime) },
            reception: ReceiveStream(ssrc: header.ssrc, clockRate: codec.clockRate),
            nack: track.parameters.nackPolicy(for: codec, asksEagerly: asksEagerly).map { NACKGenerator($0) }
        )
        places[slot] = Place(ssrc: header.ssrc, track: index, encoding: encoding, identifiers: identifiers)
        slots[header.ssrc] = slot
        tracks[index.rawValue]?.slots[Int(encoding.rawValue)] = slot
        return (slot, true)
    }

    private mutating func knownSlot(of ssrc: UInt32) -> Int? {
        if lastSlot < places.count, places[lastSlot]?.ssrc == ssrc { return lastSlot }
        guard let slot = slots[ssrc] else { return nil }
        lastSlot = slot
        return slot
    }

    /// Takes a stream out of every table.
    private mutating func forget(slot: Int) {
        guard let stream = streams[slot] else { return }
        slots[stream.reception.ssrc] = nil
        tracks[stream.track.rawValue]?.slots[Int(stream.encoding.rawValue)] = nil
        empty(slot)
    }

    private mutating func updateRetransmissionPayloadTypes() {
        retransmissionPayloadTypes = PayloadTypeSet()
        for codec in tracks.compactMap({ $0?.parameters.codecs }).joined() {
            if let payloadType = codec.retransmissionPayloadType { retransmissionPayloadTypes.insert(payloadType) }
        }
    }

    private mutating func empty(_ slot: Int) {
        streams[slot] = nil
        places[slot] = nil
        repairs = repairs.filter { $0.value.slot != slot }
    }

    private mutating func freeSlot() throws(DropReason) -> Int {
        if let free = streams.firstIndex(where: { $0 == nil }) { return free }
        guard streams.count < Self.maximumStreams else { throw .tooManyStreams }
        streams.append(nil)
        places.append(nil)
        return streams.count - 1
    }

    /// Notes which stream a stream of retransmissions repairs.
    mutating func learnRepair(_ ssrc: UInt32, _ repair: Repair) throws(DropReason) {
        guard repairs[ssrc] != nil || repairs.count < Self.maximumStreams else { throw .tooManyStreams }
        repairs[ssrc] = repair
    }

    /// What a stream of retransmissions is known to repair.
    func repair(by ssrc: UInt32) -> Repair? { repairs[ssrc] }
}

// What is asked whenever feedback is due: mutating, so that no stream is copied for it.
extension IncomingTracks.Stream {
    /// When missing packets are to be asked for.
    var nextNACK: MonotonicTime? {
        mutating get { nack?.deadline }
    }

    /// When a missing packet or a key frame is to be asked for.
    var nextRequest: MonotonicTime? {
        mutating get {
            guard let due = keyFrames.deadline else { return nextNACK }
            return nextNACK.map { min($0, due) } ?? due
        }
    }

    /// Whether a key frame is to be asked for now.
    var isKeyFrameDue: Bool {
        mutating get { wantsKeyFrame }
    }
}

/// What a stream of retransmissions repairs.
struct Repair: Sendable, BitwiseCopyable {
    /// The slot of the stream that is repaired.
    var slot: Int
    /// The ids by which that is known; none where it was told otherwise.
    var identifiers: StreamIdentifiers
}
