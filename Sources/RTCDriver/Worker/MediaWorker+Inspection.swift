// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

extension MediaWorker {
    /// Looks at a packet before it is forwarded, and tells the owner what is unusual.
    func inspect(
        _ packet: ReceivedPacket,
        payload: RawSpan,
        of source: Peer,
        at place: Int
    ) -> InspectedPayload {
        if place < source.inspectors.count,
            let result = source.inspectors[place]?.inspect(packet, payload: payload, at: now)
        {
            if result.hasNews { tellNews(of: source, at: place) }
            return result
        }
        prepareInspector(for: packet, of: source, at: place)
        guard let result = source.inspectors[place]?.inspect(packet, payload: payload, at: now) else {
            return InspectedPayload([])
        }
        if result.hasNews { tellNews(of: source, at: place) }
        return result
    }

    /// Makes the inspector of a stream that begins; packets of a type that is no codec's leave the former one alone.
    private func prepareInspector(for packet: ReceivedPacket, of source: Peer, at place: Int) {
        while source.inspectors.count <= place { source.inspectors.append(nil) }
        guard let parameters = source.session.parameters(of: packet.track),
            let codec = parameters.codecs.first(where: { $0.payloadType == packet.header.payloadType })
        else { return }
        source.inspectors[place] = StreamInspector(
            codec,
            isOnlyLayer: parameters.encodings.count <= 1,
            observes: source.observesStreams
        )
    }

    private func tellNews(of source: Peer, at place: Int) {
        let (track, encoding) = Route.layer(at: place)
        while let finding = source.inspectors[place]?.nextFinding() {
            source.events.yield(.observed(StreamObservation(track: track, encoding: encoding, finding: finding)))
        }
        if let size = source.inspectors[place]?.takeNewSize() {
            source.events.yield(.pictureSize(size, track, encoding))
        }
        if source.inspectors[place]?.takeKeyFrameWish() == true { requestKeyFrame(from: source, at: place) }
    }

    /// Asks the sender of a layer for a key frame, at most once in 500 ms.
    func requestKeyFrame(from source: Peer, at place: Int) {
        let (track, encoding) = Route.layer(at: place)
        source.session.requestKeyFrame(of: track, encoding: encoding, at: now)
        if place < source.inspectors.count { source.inspectors[place]?.keyFrameRequested(at: now) }
        touch(source)
    }

    /// Sends the parameter sets that go before a packet, from the memory of its stream.
    func sendParameterSets(
        before packet: ForwardedPacket,
        of source: Peer,
        _ place: Int,
        on stream: SendStreamIndex,
        of destination: Peer
    ) {
        guard let sets = source.inspectors[place]?.parameterSets else { return }
        let bytes = sets.bytes
        for index in 0..<min(packet.insertedCount, sets.packetCount) {
            let payload = unsafe bytes.span.bytes.extracting(sets.payload(at: index))
            send(packet.inserted(index), payload: payload, on: stream, of: destination)
        }
    }

    /// Forgets what is known of the streams of a track.
    func forgetStreams(of track: TrackIndex, from source: Peer) {
        for place in source.inspectors.indices where Route.layer(at: place).track == track {
            source.inspectors[place] = nil
        }
        if track.rawValue < source.layers.count { source.layers[track.rawValue] = nil }
    }
}

extension StreamInspector {
    /// Looks at a packet and says whether there is news; `nil` where the packet is of another type than its own.
    ///
    /// One call that changes the inspector in place: each question to it before or after would copy it.
    fileprivate mutating func inspect(
        _ packet: ReceivedPacket,
        payload: RawSpan,
        at now: MonotonicTime
    ) -> InspectedPayload? {
        guard packet.header.payloadType == payloadType else { return nil }
        return receive(packet.header, payload: payload, at: now)
    }
}
