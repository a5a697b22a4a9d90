// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

@testable import Gateway
@testable import SkyWay

/// What endpoints answer that refuse a request.
extension ResponseMatrixTests {
    static let refusalRows: [Row] = [
        Row(
            name: "POST of no SDP",
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: "hello",
            status: 400,
            problem: "malformed-offer"
        ),
        Row(
            name: "POST without a body",
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            status: 400,
            problem: "malformed-offer"
        ),
        Row(
            name: "POST without a token",
            setup: token,
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs(),
            status: 401,
            problem: "unauthorized",
            has: ["WWW-Authenticate": #"Bearer realm="whip""#]
        ),
        Row(
            name: "POST with another token",
            setup: token,
            method: "POST",
            path: "/whip/studio",
            headers: [sdp, "Authorization: Bearer other"],
            body: Offers.obs(),
            status: 401,
            problem: "unauthorized",
            has: ["WWW-Authenticate": #"Bearer realm="whip", error="invalid_token""#]
        ),
        Row(
            name: "POST to a room that can't be",
            method: "POST",
            path: "/whip/a%20room",
            headers: [sdp],
            body: Offers.obs(),
            status: 404,
            problem: "invalid-channel"
        ),
        Row(
            name: "POST to a room that is not there",
            setup: skyWay(.channelNotFound),
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs(),
            status: 404,
            problem: "channel-not-found"
        ),
        Row(
            name: "PUT",
            method: "PUT",
            path: "/whip/studio",
            status: 405,
            problem: "method-not-allowed",
            has: ["Allow": "POST, GET, HEAD, OPTIONS"]
        ),
        Row(
            name: "PATCH of an endpoint",
            method: "PATCH",
            path: "/whip",
            status: 405,
            problem: "method-not-allowed",
            has: ["Allow": "POST, GET, HEAD, OPTIONS"]
        ),
        Row(
            name: "POST under a name that somebody has",
            setup: skyWay(.memberNameTaken),
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs(),
            status: 409,
            problem: "member-name-taken"
        ),
        Row(
            name: "POST of more than 64 KiB",
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs() + String(repeating: "a=x\r\n", count: 13_200),
            status: 413,
            problem: "body-too-large"
        ),
        Row(
            name: "POST of another type",
            method: "POST",
            path: "/whip/studio",
            headers: ["Content-Type: text/plain"],
            body: Offers.obs(),
            status: 415,
            problem: "unsupported-media-type",
            has: ["Accept-Post": "application/sdp"]
        ),
        Row(
            name: "POST of no codec that is taken",
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs(video: "H265/90000", fmtp: nil),
            status: 422,
            problem: "no-common-codec"
        ),
        Row(
            name: "POST of a second video track",
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs() + Offers.secondVideo,
            status: 422,
            problem: "too-many-tracks"
        ),
        Row(
            name: "POST of tracks of two streams",
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs().replacing("a=msid:s s-video", with: "a=msid:t s-video"),
            status: 422,
            problem: "too-many-streams"
        ),
        Row(
            name: "POST that receives",
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs(direction: "recvonly"),
            status: 422,
            problem: "inadmissible-direction"
        ),
        Row(
            name: "POST that does neither",
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs(direction: "inactive"),
            status: 422,
            problem: "inadmissible-direction"
        ),
        Row(
            name: "POST without bundle",
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.unbundled,
            status: 422,
            problem: "unsupported-transport"
        ),
        Row(
            name: "POST when the gateway is full",
            setup: { GatewaySetup(edit: { $0.publisherLimit = 0 }) },
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs(),
            status: 503,
            problem: "too-many-publishers",
            has: ["Retry-After": "5"]
        ),
        Row(
            name: "POST when SkyWay has had too many requests",
            setup: skyWay(.rateLimited),
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs(),
            status: 503,
            problem: "skyway-rate-limited",
            has: ["Retry-After": "60"]
        ),
        Row(
            name: "POST when SkyWay is down",
            setup: skyWay(.unreachable),
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs(),
            status: 502,
            problem: "skyway-unreachable"
        ),
        Row(
            name: "POST when SkyWay is slow",
            setup: slow,
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs(),
            status: 504,
            problem: "skyway-timeout"
        ),
    ]
}
