// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import SkyWayLocal

/// Parameters as clients send them, read from JSON as they arrive.
enum ORTCFixtures {
    static let router = ORTC.routerCapabilities(RouterCodec.standard)

    static func parameters(_ json: String) throws -> RTPParameters {
        try JSONDecoder().decode(RTPParameters.self, from: Data(json.utf8))
    }

    /// One H264 layer with RTX and an Opus producer's shape are those of protocol page §7.4.
    static let h264 = """
        {"mid":"1",
         "codecs":[{"mimeType":"video/H264","payloadType":96,"clockRate":90000,
                    "parameters":{"packetization-mode":1,"profile-level-id":"42e034","level-asymmetry-allowed":1},
                    "rtcpFeedback":[{"type":"nack","parameter":""},{"type":"nack","parameter":"pli"}]},
                   {"mimeType":"video/rtx","payloadType":97,"clockRate":90000,"parameters":{"apt":96}}],
         "headerExtensions":[{"uri":"urn:ietf:params:rtp-hdrext:sdes:mid","id":4,"encrypt":false,"parameters":{}}],
         "encodings":[{"ssrc":11111111,"rtx":{"ssrc":11111112},"maxBitrate":2500000}],
         "rtcp":{"cname":"obs-1","reducedSize":true}}
        """

    static let opus = """
        {"mid":"0",
         "codecs":[{"mimeType":"audio/opus","payloadType":111,"clockRate":48000,"channels":2,
                    "parameters":{"minptime":10,"useinbandfec":1}}],
         "encodings":[{"ssrc":22222222,"dtx":false}],"rtcp":{"cname":"other"}}
        """

    /// Three layers as mediasoup-client sends them for Chrome (protocol page §7.4): a browser's offer with RIDs has no
    /// SSRC lines to take a cname from.
    static let simulcastVP8 = """
        {"mid":"2",
         "codecs":[{"mimeType":"video/VP8","payloadType":100,"clockRate":90000}],
         "headerExtensions":[{"uri":"urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id","id":9}],
         "encodings":[{"rid":"r0","scalabilityMode":"L1T3","maxBitrate":100000},
                      {"rid":"r1","scalabilityMode":"L1T3","maxBitrate":300000},
                      {"rid":"r2","scalabilityMode":"L1T3","maxBitrate":900000}],
         "rtcp":{"cname":"","reducedSize":true}}
        """

    /// What the router gives of a producer, and how it maps it.
    static func consumable(
        _ json: String,
        kind: RTPKind,
        router: RTPCapabilities = router
    ) throws -> (RTPParameters, ProducerMapping) {
        let validated = try ORTC.validated(try parameters(json), kind: kind)
        let mapping = try ORTC.mapping(of: validated, router: router, firstSSRC: 1000)
        return (ORTC.consumable(validated, kind: kind, router: router, mapping: mapping), mapping)
    }
}
