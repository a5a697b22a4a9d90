// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// A stream at 25 pictures per second before an inspector, in virtual time.
struct ObservedStream {
    private(set) var inspector: StreamInspector
    /// What was told.
    private(set) var findings: [StreamFinding] = []
    /// The sizes that were told.
    private(set) var sizes: [PictureSize] = []
    /// When a key frame was asked for by the inspector, in milliseconds from the beginning.
    private(set) var requests: [Int] = []
    /// Milliseconds from the beginning.
    private(set) var now = 0

    /// The milliseconds from one key frame to the next; `nil` where none comes by itself.
    var interval: Int?
    /// How long it takes a request to bring a key frame; `nil` where it brings none.
    var answerTime: Int?
    /// The payloads of a key frame and of another one.
    private let payloads: (key: [UInt8], other: [UInt8])
    private var number: UInt16 = 0
    private var nextByItself: Int?
    private var nextByRequest: Int?

    init(
        name: String = "H264",
        profile: String = "42e01f",
        declaredSets: String? = nil,
        observes: Bool = true,
        interval: Int? = nil,
        answerTime: Int? = nil
    ) {
        var parameters = [FormatParameter("packetization-mode", "1"), FormatParameter("profile-level-id", profile)]
        if let declaredSets { parameters.append(FormatParameter("sprop-parameter-sets", declaredSets)) }
        let codec = RTPCodec(kind: .video, name: name, payloadType: 96, clockRate: 90_000, parameters: parameters)
        inspector = StreamInspector(codec, isOnlyLayer: true, observes: observes)
        payloads =
            switch PayloadFormat(of: codec) {
            case .vp8: (ForwarderFixture.keyFrame, ForwarderFixture.delta)
            case .vp9: ([0x08, 0x00], [0x48, 0x00])
            case .av1: ([0x18, 0x0A], [0x10, 0x0A])
            default: (H264Samples.refresh, H264Samples.predicted)
            }
        self.interval = interval
        self.answerTime = answerTime
        nextByItself = interval == nil ? nil : 0
    }

    /// Lets a packet come in.
    mutating func send(_ payload: [UInt8]) {
        guard var header = try? RTPHeader.sample(number) else { return }
        header.timestamp = UInt32(truncatingIfNeeded: 90 * now)
        number &+= 1
        _ = inspector.receive(header, payload: payload.span.bytes, at: .milliseconds(now))
        while let finding = inspector.nextFinding() { findings.append(finding) }
        if let size = inspector.takeNewSize() { sizes.append(size) }
        if inspector.takeKeyFrameWish() {
            requests.append(now)
            request()
        }
    }

    /// Somebody asks for a key frame.
    mutating func request() {
        inspector.keyFrameRequested(at: .milliseconds(now))
        if let answerTime, nextByRequest == nil { nextByRequest = now + answerTime }
    }

    /// Lets the publisher send for a while.
    mutating func run(seconds: Double) {
        let end = now + Int(seconds * 1_000)
        while now < end {
            var isKeyFrame = false
            if let due = nextByItself, due <= now {
                isKeyFrame = true
                nextByItself = interval.map { due + $0 }
            }
            if let due = nextByRequest, due <= now {
                isKeyFrame = true
                nextByRequest = nil
            }
            send(isKeyFrame ? payloads.key : payloads.other)
            now += 40
        }
    }

    /// Lets time pass without a packet.
    mutating func pause(seconds: Int) {
        now += seconds * 1_000
        nextByItself = nextByItself.map { $0 + seconds * 1_000 }
    }
}

extension [StreamFinding] {
    /// Whether a long interval was told.
    var tellLongInterval: Bool { contains { if case .longKeyFrameInterval = $0 { true } else { false } } }
    /// Whether it was told that requests are ignored.
    var tellIgnored: Bool { contains(.ignoredKeyFrameRequests) }
}
