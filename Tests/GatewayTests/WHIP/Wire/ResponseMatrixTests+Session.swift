// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What sessions answer.
extension ResponseMatrixTests {
    private static let fragment = [Fragments.type]

    static let sessionRows: [Row] = [
        Row(
            name: "PATCH of candidates",
            method: "PATCH",
            path: "{session}",
            headers: fragment + ["If-Match: {etag}"],
            body: Fragments.candidates(),
            status: 204,
            lacks: ["ETag", "Content-Type", "Content-Length"]
        ),
        Row(
            name: "PATCH that restarts ICE",
            method: "PATCH",
            path: "{session}",
            headers: fragment + ["If-Match: *"],
            body: Fragments.restart,
            status: 200,
            has: ["Content-Type": "application/trickle-ice-sdpfrag"]
        ),
        Row(
            name: "PATCH that restarts ICE as RFC 9725 prints it",
            setup: strict,
            method: "PATCH",
            path: "{session}",
            headers: fragment + [#"If-Match: "*""#],
            body: Fragments.restart,
            status: 200
        ),
        Row(
            name: "PATCH without If-Match",
            method: "PATCH",
            path: "{session}",
            headers: fragment,
            body: Fragments.candidates(),
            status: 204
        ),
        Row(
            name: "PATCH without credentials",
            method: "PATCH",
            path: "{session}",
            headers: fragment,
            body: Fragments.candidates(nil),
            status: 204
        ),
        Row(
            name: "PATCH of no fragment",
            method: "PATCH",
            path: "{session}",
            headers: fragment,
            body: "hello",
            status: 400,
            problem: "malformed-fragment"
        ),
        Row(
            name: "PATCH without a body",
            method: "PATCH",
            path: "{session}",
            headers: fragment,
            status: 400,
            problem: "malformed-fragment"
        ),
        Row(
            name: "PATCH without credentials, strictly",
            setup: strict,
            method: "PATCH",
            path: "{session}",
            headers: fragment + ["If-Match: {etag}"],
            body: Fragments.candidates(nil),
            status: 400,
            problem: "malformed-fragment"
        ),
        Row(
            name: "PATCH of nothing known",
            method: "PATCH",
            path: "/whip/sessions/none",
            headers: fragment,
            body: Fragments.candidates(),
            status: 404,
            problem: "session-not-found"
        ),
        Row(
            name: "POST to a session",
            method: "POST",
            path: "{session}",
            status: 405,
            problem: "method-not-allowed",
            has: ["Allow": "PATCH, DELETE, GET, HEAD, OPTIONS"]
        ),
        Row(
            name: "PATCH with another tag",
            method: "PATCH",
            path: "{session}",
            headers: fragment + [#"If-Match: "other""#],
            body: Fragments.candidates(),
            status: 412,
            problem: "precondition-failed"
        ),
        Row(
            name: "PATCH with a weak tag",
            method: "PATCH",
            path: "{session}",
            headers: fragment + ["If-Match: W/{etag}"],
            body: Fragments.candidates(),
            status: 412,
            problem: "precondition-failed"
        ),
        Row(
            name: "PATCH of more than 64 KiB",
            method: "PATCH",
            path: "{session}",
            headers: fragment,
            body: String(repeating: "a=x\r\n", count: 13_200),
            status: 413,
            problem: "body-too-large"
        ),
        Row(
            name: "PATCH of another type",
            method: "PATCH",
            path: "{session}",
            headers: ["Content-Type: application/sdp"],
            body: Fragments.candidates(),
            status: 415,
            problem: "unsupported-patch-type",
            has: ["Accept-Patch": "application/trickle-ice-sdpfrag"]
        ),
        Row(
            name: "PATCH without If-Match, strictly",
            setup: strict,
            method: "PATCH",
            path: "{session}",
            headers: fragment,
            body: Fragments.candidates(),
            status: 428,
            problem: "precondition-required"
        ),
        Row(
            name: "GET of a session",
            method: "GET",
            path: "{session}",
            status: 204,
            has: ["Allow": "PATCH, DELETE, GET, HEAD, OPTIONS"],
            lacks: ["Content-Type"]
        ),
        Row(name: "HEAD of a session", method: "HEAD", path: "{session}", status: 204),
        Row(
            name: "GET of nothing known",
            method: "GET",
            path: "/whip/sessions/none",
            status: 404,
            problem: "session-not-found"
        ),
        Row(
            name: "OPTIONS of a session",
            method: "OPTIONS",
            path: "{session}",
            status: 200,
            has: ["Accept-Patch": "application/trickle-ice-sdpfrag"]
        ),
        Row(
            name: "OPTIONS of a session by a browser",
            method: "OPTIONS",
            path: "{session}",
            headers: [
                "Origin: https://example.com", "Access-Control-Request-Method: PATCH",
                "Access-Control-Request-Headers: content-type,if-match",
            ],
            status: 200,
            has: ["Access-Control-Allow-Methods": "GET, HEAD, POST, PATCH, DELETE, OPTIONS"]
        ),
        Row(name: "DELETE", method: "DELETE", path: "{session}", status: 200),
        Row(
            name: "DELETE with a tag that means nothing",
            method: "DELETE",
            path: "{session}",
            headers: [#"If-Match: "other""#],
            status: 200
        ),
        Row(
            name: "DELETE of nothing known",
            method: "DELETE",
            path: "/whip/sessions/none",
            status: 404,
            problem: "session-not-found"
        ),
    ]
}
