// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What endpoints answer that take a request.
extension ResponseMatrixTests {
    static let endpointRows: [Row] = [
        Row(
            name: "POST of an offer",
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs(),
            status: 201,
            has: ["Content-Type": "application/sdp", "Accept-Patch": "application/trickle-ice-sdpfrag"],
            lacks: ["Link"]
        ),
        Row(
            name: "POST with parameters and case in the type",
            method: "POST",
            path: "/whip/studio",
            headers: ["content-type: Application/SDP; charset=utf-8"],
            body: Offers.obs(),
            status: 201
        ),
        Row(
            name: "POST of an offer that also receives",
            method: "POST",
            path: "/whip/studio",
            headers: [sdp],
            body: Offers.obs(direction: "sendrecv"),
            status: 201
        ),
        Row(
            name: "POST with the token",
            setup: token,
            method: "POST",
            path: "/whip/studio",
            headers: [sdp, "Authorization: Bearer hush"],
            body: Offers.obs(),
            status: 201
        ),
        Row(
            name: "POST when publishers are sent elsewhere",
            setup: redirect,
            method: "POST",
            path: "/whip/studio?a=b",
            headers: [sdp],
            body: Offers.obs(),
            status: 307,
            has: ["Location": "https://other.example.com:8443/base/whip/studio?a=b"]
        ),
        Row(
            name: "GET",
            method: "GET",
            path: "/whip/studio",
            status: 204,
            has: ["Allow": "POST, GET, HEAD, OPTIONS", "Accept-Post": "application/sdp"],
            lacks: ["Content-Type"]
        ),
        Row(name: "HEAD", method: "HEAD", path: "/whip", status: 204, has: ["Accept-Post": "application/sdp"]),
        Row(
            name: "OPTIONS",
            method: "OPTIONS",
            path: "/whip/studio",
            status: 200,
            has: [
                "Allow": "POST, GET, HEAD, OPTIONS", "Accept-Post": "application/sdp",
                "Access-Control-Allow-Methods": "GET, HEAD, POST, PATCH, DELETE, OPTIONS",
            ]
        ),
        Row(
            name: "OPTIONS of a browser, which has no token",
            setup: token,
            method: "OPTIONS",
            path: "/whip/studio",
            headers: [
                "Origin: https://example.com", "Access-Control-Request-Method: POST",
                "Access-Control-Request-Headers: authorization,content-type",
            ],
            status: 200,
            has: [
                "Access-Control-Allow-Origin": "*", "Accept-Post": "application/sdp",
                "Access-Control-Allow-Headers": "authorization, content-type, if-match, etag, link, "
                    + "x-skyway-metadata-channel, x-skyway-metadata, x-skyway-metadata-audio, x-skyway-metadata-video",
            ],
            lacks: ["Link"]
        ),
    ]
}
