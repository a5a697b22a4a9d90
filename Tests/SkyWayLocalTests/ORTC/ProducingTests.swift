// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import SkyWayLocal

/// Protocol page §7.4.
@Suite struct ProducingTests {
    @Test(
        "Parameters that contradict themselves are refused",
        arguments: [
            #"{"codecs":[],"encodings":[{"ssrc":1}]}"#,
            #"{"codecs":[{"mimeType":"video/rtx","payloadType":97,"clockRate":90000,"parameters":{"apt":96}}]}"#,
            #"{"codecs":[{"mimeType":"audio/opus","payloadType":96,"clockRate":48000}],"encodings":[{"ssrc":1}]}"#,
            #"{"codecs":[{"mimeType":"video/VP8","payloadType":128,"clockRate":90000}],"encodings":[{"ssrc":1}]}"#,
            #"{"codecs":[{"mimeType":"video/VP8","payloadType":96,"clockRate":90000}]}"#,
            #"{"codecs":[{"mimeType":"video/VP8","payloadType":96,"clockRate":90000}],"encodings":[{"ssrc":1},{}]}"#,
            #"""
            {"mid":"123456789","codecs":[{"mimeType":"video/VP8","payloadType":96,"clockRate":90000}]}
            """#,
            #"""
            {"codecs":[{"mimeType":"video/VP8","payloadType":96,"clockRate":90000}],"encodings":[{"ssrc":1},{"ssrc":1}]}
            """#,
            #"""
            {"codecs":[{"mimeType":"video/VP8","payloadType":96,"clockRate":90000}],"encodings":[{"ssrc":1}],
             "headerExtensions":[{"uri":"urn:ietf:params:rtp-hdrext:sdes:mid","id":0}]}
            """#,
            #"""
            {"codecs":[{"mimeType":"video/VP8","payloadType":96,"clockRate":90000},
                       {"mimeType":"video/rtx","payloadType":97,"clockRate":90000,"parameters":{"apt":98}}],
             "encodings":[{"ssrc":1}]}
            """#,
        ]
    )
    func contradictions(json: String) throws {
        let parameters = try ORTCFixtures.parameters(json)
        #expect(throws: ORTCError.self) { try ORTC.validated(parameters, kind: .video) }
    }

    @Test("A format parameter that is neither string nor number cannot be read")
    func booleanParameter() {
        let json = #"{"codecs":[{"mimeType":"video/VP8","payloadType":96,"clockRate":90000,"parameters":{"x":true}}]}"#
        #expect(throws: DecodingError.self) { try ORTCFixtures.parameters(json) }
    }

    @Test("With a mid alone there is one encoding to be learnt")
    func midOnly() throws {
        let json = #"{"mid":"0","codecs":[{"mimeType":"video/VP8","payloadType":96,"clockRate":90000}]}"#
        let validated = try ORTC.validated(try ORTCFixtures.parameters(json), kind: .video)
        #expect(validated.encodings == [RTPEncodingParameters()])
    }

    @Test("Payload types map onto those of the router's matching entry, RTX onto its RTX")
    func mapping() throws {
        let (_, mapping) = try ORTCFixtures.consumable(ORTCFixtures.h264, kind: .video)
        #expect(mapping.payloadTypes == [96: 103, 97: 104])
        #expect(mapping.encodings.map(\.mappedSSRC) == [1000])
        let (_, layers) = try ORTCFixtures.consumable(ORTCFixtures.simulcastVP8, kind: .video)
        #expect(layers.encodings.map(\.mappedSSRC) == [1000, 1001, 1002])
        #expect(layers.encodings.map(\.rid) == ["r0", "r1", "r2"])
    }

    @Test(
        "A codec the router lacks is unsupported",
        arguments: [
            #"{"mimeType":"video/AV1","payloadType":45,"clockRate":90000}"#,
            #"{"mimeType":"video/H264","payloadType":96,"clockRate":90000,"parameters":{"profile-level-id":"64001f"}}"#,
        ]
    )
    func unsupported(codec: String) throws {
        let parameters = try ORTCFixtures.parameters(#"{"codecs":[\#(codec)],"encodings":[{"ssrc":1}]}"#)
        let error = #expect(throws: ORTCError.self) {
            try ORTC.mapping(of: parameters, router: ORTCFixtures.router, firstSSRC: 1)
        }
        #expect(error?.description.hasPrefix("unsupported codec") == true)
    }

    @Test("What can be consumed has the router's payload types and feedback, and the producer's parameters")
    func consumable() throws {
        let (consumable, _) = try ORTCFixtures.consumable(ORTCFixtures.h264, kind: .video)
        #expect(consumable.codecs.map(\.payloadType) == [103, 104])
        #expect(consumable.codecs[0].parameters["profile-level-id"] == "42e034")
        #expect(consumable.codecs[0].rtcpFeedback.count == 5)
        #expect(consumable.codecs[1].associatedPayloadType == 103)
        #expect(consumable.encodings == [RTPEncodingParameters(ssrc: 1000, maxBitrate: 2_500_000)])
        #expect(consumable.rtcp.cname == "obs-1")
        #expect(Set(consumable.headerExtensions.map(\.id)) == [1, 4, 5, 6, 7, 11, 12, 13, 14])
    }
}
