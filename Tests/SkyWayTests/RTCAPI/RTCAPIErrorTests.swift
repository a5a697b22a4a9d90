// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import SkyWay

@Suite("Errors of the RTC API (protocol page §2.7)")
struct RTCAPIErrorTests {
    @Test(
        "codes mean what the SDK takes them for",
        arguments: [
            (-32602, nil, RTCAPIMethod.getChannel, SkyWayError.Code.invalidRequest),
            (-32603, nil, .getChannel, .serviceFailure),
            (403, 403_000, .addMember, .scopeMissing),
            (4030, 403_000, .publishStream, .scopeMissing),
            (403, 403_001, .addMember, .limitReached),
            (4030, nil, .addMember, .limitReached),
            (403, 403_002, .publishStream, .limitReached),
            (403, 403_004, .publishStream, .limitReached),
            (403, 403_003, .subscribeStream, .limitReached),
            (403, 403_006, .subscribeStream, .limitReached),
            (403, nil, .getChannelByName, .scopeMissing),
            (429, nil, .publishStream, .rateLimited),
            (429, 429_001, .updateAuthToken, .usageLimitReached),
            (401, nil, .updateAuthToken, .tokenRefused),
            (401, nil, .getChannel, .tokenRefused),
            (404, nil, .getChannel, .channelNotFound),
            (404, nil, .getChannelByName, .channelNotFound),
            (404, nil, .addMember, .channelNotFound),
            (404, nil, .updateMemberTtl, .memberNotFound),
            (404, nil, .removeMember, .memberNotFound),
            (404, nil, .unpublishStream, .publicationNotFound),
            (404, nil, .subscribeStream, .publicationNotFound),
            (404, nil, .publishStream, .serviceFailure),
            (409, nil, .createChannel, .channelNameTaken),
            (409, nil, .findOrCreateChannel, .channelNameTaken),
            (409, nil, .addMember, .memberNameTaken),
            (777, nil, .addMember, .serviceFailure),
        ] as [(Int, Int?, RTCAPIMethod, SkyWayError.Code)]
    )
    func table(code: Int, dataCode: Int?, method: RTCAPIMethod, meaning: SkyWayError.Code) {
        let data = dataCode.map { RTCAPIErrorBody.Data(code: $0, message: nil) }
        #expect(SkyWayError(RTCAPIErrorBody(code: code, data: data), method: method).code == meaning)
    }

    @Test("an error body is read whatever its data is", arguments: [#""text""#, "null", "{}", "[1]"])
    func tolerant(data: String) throws {
        let text = #"{"code":404,"message":"gone","data":\#(data)}"#
        let body = try JSONDecoder().decode(RTCAPIErrorBody.self, from: Data(text.utf8))
        #expect(body.code == 404)
        #expect(body.message == "gone")
    }

    @Test("every failure says what to do in one sentence", arguments: SkyWayError.Code.allCases)
    func advice(code: SkyWayError.Code) {
        let advice = SkyWayError(code, .rtcAPI).advice
        #expect(advice.hasSuffix("."))
        #expect(advice.count < 160)
    }

    @Test("what waiting does not mend is not retried")
    func retryability() {
        let final: [SkyWayError.Code] = [
            .tokenRefused, .scopeMissing, .channelNotFound, .usageLimitReached, .limitReached,
        ]
        for code in final { #expect(SkyWayError(code, .rtcAPI).retryability == .never) }
        for code: SkyWayError.Code in [.unreachable, .timeout, .rateLimited, .sfuFailure] {
            #expect(SkyWayError(code, .sfu).retryability == .afterWaiting)
        }
    }
}
