// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import SkyWayLocal

/// What an answer by WHEP agreed on, in the router's words and back in the core's.
@Suite struct AnsweredStreamTests {
    private func stream(retransmission: UInt8?) -> SendStreamParameters {
        SendStreamParameters(
            kind: .video,
            mid: "v",
            ssrc: 5000,
            retransmissionSSRC: retransmission == nil ? nil : 5001,
            codec: RTPCodec(
                kind: .video,
                name: "VP8",
                payloadType: 120,
                clockRate: 90_000,
                feedback: [.nack, .pictureLossIndication],
                retransmissionPayloadType: retransmission
            ),
            extensions: HeaderExtensionMap(),
            cname: "c"
        )
    }

    @Test("Retransmissions have a codec and an SSRC of their own, and come back as the codec's", arguments: [121, nil])
    func retransmission(payloadType: UInt8?) {
        let stream = stream(retransmission: payloadType)
        let parameters = RTPParameters(stream)
        #expect(parameters.codecs.map(\.payloadType) == [120, payloadType].compactMap(\.self))
        #expect(parameters.codecs.map(\.isRTX) == (payloadType == nil ? [false] : [false, true]))
        #expect(parameters.encodings.map(\.rtx?.ssrc) == [stream.retransmissionSSRC])
        #expect(parameters.mediaCodecs(.video) == [stream.codec])
    }
}
