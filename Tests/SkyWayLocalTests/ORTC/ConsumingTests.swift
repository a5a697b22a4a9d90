// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWayLocal

/// Protocol page §7.7.
@Suite struct ConsumingTests {
    private func consumer(
        _ producer: String,
        kind: RTPKind,
        capabilities: RTPCapabilities = ORTCFixtures.router
    ) throws -> RTPParameters {
        let (consumable, _) = try ORTCFixtures.consumable(producer, kind: kind)
        return try ORTC.consumerParameters(
            of: consumable,
            kind: kind,
            capabilities: capabilities,
            ssrc: 5000,
            mid: "3"
        )
    }

    @Test("The router's own capabilities, which the SDK sends the first time, are taken")
    func routerCapabilities() throws {
        let parameters = try consumer(ORTCFixtures.h264, kind: .video)
        #expect(parameters.codecs.map(\.payloadType) == [103, 104])
        #expect(parameters.mid == "3")
        #expect(parameters.rtcp == RTCPParameters(cname: "obs-1", reducedSize: true))
    }

    @Test("A consumer has exactly one encoding with its own SSRC and, for video, one for retransmissions")
    func encodings() throws {
        #expect(
            try consumer(ORTCFixtures.h264, kind: .video).encodings == [
                RTPEncodingParameters(ssrc: 5000, rtx: .init(ssrc: 5001), maxBitrate: 2_500_000)
            ]
        )
        #expect(try consumer(ORTCFixtures.opus, kind: .audio).encodings == [RTPEncodingParameters(ssrc: 5000)])
    }

    @Test("Several encodings are told as one with as many spatial layers")
    func simulcast() throws {
        let encoding = try #require(try consumer(ORTCFixtures.simulcastVP8, kind: .video).encodings.first)
        #expect(encoding.scalabilityMode == "L3T3" && encoding.maxBitrate == 900_000)
    }

    @Test("Audio is neither retransmitted nor asked for again")
    func audio() throws {
        let parameters = try consumer(ORTCFixtures.opus, kind: .audio)
        #expect(parameters.codecs.map(\.payloadType) == [100])
        #expect(!parameters.codecs[0].rtcpFeedback.contains(RTCPFeedbackEntry("nack")))
    }

    @Test(
        "One way of bandwidth feedback stays: by transport-wide numbers, else by send times, else none",
        arguments: [
            ([4, 5], ["nack", "nack pli", "ccm fir", "transport-cc"]),
            ([4], ["nack", "nack pli", "ccm fir", "goog-remb"]),
            ([1], ["nack", "nack pli", "ccm fir"]),
        ] as [(Set<UInt8>, [String])]
    )
    func feedback(extensions: Set<UInt8>, expected: [String]) throws {
        let router = ORTCFixtures.router
        var capabilities = router
        capabilities.headerExtensions.removeAll { !extensions.contains($0.preferredId) }
        let (consumable, _) = try ORTCFixtures.consumable(ORTCFixtures.h264, kind: .video, router: router)
        let parameters = try ORTC.consumerParameters(
            of: consumable,
            kind: .video,
            capabilities: capabilities,
            ssrc: 5000,
            mid: "3"
        )
        #expect(
            parameters.codecs[0].rtcpFeedback.map { $0.parameter.isEmpty ? $0.type : "\($0.type) \($0.parameter)" }
                == expected
        )
        #expect(Set(parameters.headerExtensions.map(\.id)) == extensions)
    }

    @Test("A client that lists an extension under another id does not get it")
    func otherExtensionID() throws {
        var capabilities = ORTCFixtures.router
        capabilities.headerExtensions = [
            RTPHeaderExtensionCapability(kind: .video, uri: HeaderExtensionURI.mid, preferredId: 9),
            RTPHeaderExtensionCapability(kind: .video, uri: HeaderExtensionURI.videoOrientation, preferredId: 11),
        ]
        let parameters = try consumer(ORTCFixtures.h264, kind: .video, capabilities: capabilities)
        #expect(parameters.headerExtensions.map(\.uri) == [HeaderExtensionURI.videoOrientation])
    }

    @Test("A client without the producer's codec can consume nothing of it")
    func noCommonCodec() throws {
        let vp8 = ORTC.routerCapabilities([.opus, .vp8])
        let (consumable, _) = try ORTCFixtures.consumable(ORTCFixtures.h264, kind: .video)
        #expect(!ORTC.canConsume(consumable, capabilities: vp8))
        #expect(throws: ORTCError.unsupported("no compatible media codecs")) {
            try consumer(ORTCFixtures.h264, kind: .video, capabilities: vp8)
        }
    }

    @Test("A client without RTX gets none")
    func withoutRTX() throws {
        var capabilities = ORTCFixtures.router
        capabilities.codecs.removeAll(where: \.isRTX)
        let parameters = try consumer(ORTCFixtures.h264, kind: .video, capabilities: capabilities)
        #expect(parameters.codecs.map(\.payloadType) == [103])
        #expect(parameters.encodings.first?.rtx == nil)
    }
}
