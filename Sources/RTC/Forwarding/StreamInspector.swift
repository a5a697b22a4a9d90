// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Looks at the packets of one incoming stream: remembers its parameter sets, and tells what is unusual.
package struct StreamInspector: Sendable {
    /// The payload type of the codec that it knows how to read.
    package let payloadType: UInt8
    /// H264: the parameter sets as they were last told.
    package private(set) var parameterSets: H264ParameterSets
    /// The size of the picture, as the last key frame or parameter set told it.
    package private(set) var pictureSize: PictureSize?

    /// The frames that have come of its present source.
    package private(set) var frames = FrameCounter()

    private let format: PayloadFormat
    private let isVideo: Bool
    private let declared: H264ProfileLevel
    /// The sets that were declared, which every new source begins with.
    private let declaredSets: H264ParameterSets
    /// Whether anything is told.
    private let observes: Bool
    private var ssrc: UInt32?
    private var keyFrames: KeyFrameWatch?
    /// The timestamp of the newest packet with parameter sets, and of the newest IDR picture that lacked them.
    private var setsTimestamp: UInt32?
    private var lackingTimestamp: UInt32?
    private var hasToldFormat = false
    private var hasToldBidirectional = false
    private var findings: [StreamFinding] = []
    /// The size of the picture that was told last, and when the next one may be told.
    private var toldSize: PictureSize?
    private var nextSizeAt = MonotonicTime(nanoseconds: 0)
    private var newSize: PictureSize?
    private var wantsKeyFrame = false

    /// Packets older than this, in ticks of 90 kHz, are of another beginning of the same source: 10 s.
    private static let longestDelay = 900_000
    /// Sizes are not told faster than this: who changes them with each picture is a burden to nobody.
    private static let sizeInterval = Duration.seconds(1)

    /// Makes an inspector.
    ///
    /// - Parameters:
    ///   - codec: the codec as its publisher declared it.
    ///   - isOnlyLayer: whether the declared parameter sets are those of this stream.
    ///   - observes: whether anything is told.
    package init(_ codec: RTPCodec, isOnlyLayer: Bool, observes: Bool) {
        payloadType = codec.payloadType
        format = PayloadFormat(of: codec)
        isVideo = codec.kind == .video
        declared = codec.h264ProfileLevel
        var sets = H264ParameterSets(aggregates: codec.packetizationMode != 0)
        if format == .h264, isOnlyLayer, let list = codec.parameter("sprop-parameter-sets") {
            sets.remember(declared: list)
        }
        declaredSets = sets
        parameterSets = sets
        self.observes = observes && format != .other
    }

    /// Whether there is something to tell or to ask for.
    private var hasNews: Bool { wantsKeyFrame || newSize != nil || !findings.isEmpty }

    /// Looks at a packet.
    ///
    /// - Parameters:
    ///   - header: its header.
    ///   - payload: its payload in plain, without padding.
    ///   - now: the present moment.
    /// - Returns: what its forwarders have to know.
    package mutating func receive(_ header: RTPHeader, payload: RawSpan, at now: MonotonicTime) -> InspectedPayload {
        if header.ssrc != ssrc { begin(header.ssrc, at: now) }
        var inspected = InspectedPayload(format.content(of: payload))
        if isVideo { frames.count(header.timestamp, isKeyFrame: inspected.content.contains(.keyFrame), at: now) }
        if inspected.content.contains(.entryPoint), let size = format.pictureSize(of: payload) { pictureSize = size }
        if format == .h264, !inspected.content.isEmpty {
            if inspected.content.contains(.parameterSets) { remember(header, payload) }
            if inspected.content.contains(.keyFrame) {
                inspected.parameterSetPackets = packetsNeeded(by: inspected.content, header, payload)
            }
            if observes, inspected.content.contains(.slice), !hasToldBidirectional { lookForBidirectional(payload) }
        }
        if observes {
            watch(inspected.content, header, now)
            if pictureSize != toldSize { noteSize(at: now) }
            inspected.hasNews = hasNews
        }
        return inspected
    }

    /// The publisher is asked for a key frame.
    package mutating func keyFrameRequested(at now: MonotonicTime) {
        keyFrames?.requested(at: now)
    }

    /// The next thing to tell; `nil` when there is none.
    package mutating func nextFinding() -> StreamFinding? {
        findings.isEmpty ? nil : findings.removeFirst()
    }

    /// The size of the picture, where it is another one than was told before.
    package mutating func takeNewSize() -> PictureSize? {
        defer { newSize = nil }
        return newSize
    }

    /// Whether the publisher is to be asked for a key frame now.
    package mutating func takeKeyFrameWish() -> Bool {
        defer { wantsKeyFrame = false }
        return wantsKeyFrame
    }
}

extension StreamInspector {
    /// Another source may have other sets; what was told of the stream stays told.
    private mutating func begin(_ source: UInt32, at now: MonotonicTime) {
        ssrc = source
        frames = FrameCounter()
        parameterSets = declaredSets
        pictureSize = nil
        setsTimestamp = nil
        lackingTimestamp = nil
        if keyFrames == nil, observes { keyFrames = KeyFrameWatch(at: now) }
    }

    /// Takes the sets out of a payload, unless newer ones came before it.
    private mutating func remember(_ header: RTPHeader, _ payload: RawSpan) {
        if let last = setsTimestamp {
            let step = Int(Int32(bitPattern: header.timestamp &- last))
            guard step >= 0 || step < -Self.longestDelay else { return }
        }
        setsTimestamp = header.timestamp
        var reader = H264UnitReader()
        while let unit = reader.next(in: payload) {
            guard let range = unit.whole else { continue }
            let bytes = payload.extracting(range)
            guard parameterSets.remember(bytes) else { continue }
            if let set = parameterSets.latestSequence {
                pictureSize = PictureSize(width: set.width, height: set.height)
            }
            // Former sets may have gone before the picture that these were for.
            if observes, header.timestamp == lackingTimestamp { wantsKeyFrame = true }
        }
        if !hasToldFormat { tellFormat() }
    }

    /// How many packets of sets the picture of a payload needs that has no sequence parameter set itself.
    private mutating func packetsNeeded(
        by content: PayloadContent,
        _ header: RTPHeader,
        _ payload: RawSpan
    ) -> UInt8 {
        guard parameterSets.hasPair, !content.contains(.entryPoint) else { return 0 }
        if content.contains(.refreshStart) {
            guard let slice = Self.slice(H264UnitType.refreshSlice, in: payload),
                parameterSets.hasAll(for: slice.pictureParameterSet)
            else { return 0 }
            lackingTimestamp = header.timestamp
            if !hasToldFormat { tellFormat() }
        }
        return UInt8(clamping: parameterSets.packetCount)
    }

    private mutating func lookForBidirectional(_ payload: RawSpan) {
        guard let slice = Self.slice(H264UnitType.slice, in: payload), slice.isBidirectional else { return }
        hasToldBidirectional = true
        findings.append(.bidirectionalPictures)
    }

    /// The header of the first slice of a type that begins in a payload.
    private static func slice(_ type: UInt8, in payload: RawSpan) -> H264SliceHeader? {
        var reader = H264UnitReader()
        while let unit = reader.next(in: payload) {
            if unit.type == type, unit.begins { return H264SliceHeader(reading: payload, unit.body) }
        }
        return nil
    }

    private mutating func noteSize(at now: MonotonicTime) {
        guard let size = pictureSize, now >= nextSizeAt else { return }
        newSize = size
        toldSize = size
        nextSizeAt = now + Self.sizeInterval
    }

    private mutating func tellFormat() {
        guard observes, let set = parameterSets.latestSequence else { return }
        hasToldFormat = true
        findings.append(.format(H264StreamFormat(set, declared: declared)))
    }

    private mutating func watch(_ content: PayloadContent, _ header: RTPHeader, _ now: MonotonicTime) {
        let isKeyFrame = content.contains(.keyFrame)
        let new = keyFrames?.receive(isKeyFrame: isKeyFrame, timestamp: header.timestamp, at: now) ?? []
        guard !new.isEmpty else { return }
        if new.contains(.request) { wantsKeyFrame = true }
        if new.contains(.ignoredRequests) { findings.append(.ignoredKeyFrameRequests) }
        if new.contains(.longInterval), let age = keyFrames?.longest { findings.append(.longKeyFrameInterval(age)) }
    }
}
