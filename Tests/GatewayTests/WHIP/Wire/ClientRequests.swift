// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The requests of known clients, with the headers that their sources and their documents say they send.
///
/// `{port}`, `{offer}`, `{length}`, `{session}`, `{etag}` and `{fragment}` stand for what differs each time.
enum ClientRequests {
    /// A whole request.
    static func request(_ lines: [String]) -> String { lines.joined(separator: "\r\n") + "\r\n\r\n" }

    /// OBS Studio 32 (libcurl).
    enum OBS {
        static let post = request([
            "POST /whip/studio HTTP/1.1", "Host: 127.0.0.1:{port}", "Accept: */*", "Content-Type: application/sdp",
            "Authorization: Bearer hush", "User-Agent: Mozilla/5.0 (OBS-Studio/32.1.0; Linux x86_64; en-US)",
            "Content-Length: {length}",
        ])
        static let delete = request([
            "DELETE {session} HTTP/1.1", "Host: 127.0.0.1:{port}", "Accept: */*", "Authorization: Bearer hush",
            "User-Agent: Mozilla/5.0 (OBS-Studio/32.1.0; Linux x86_64; en-US)",
        ])
    }

    /// FFmpeg 8 and 9 (`-f whip`).
    enum FFmpeg {
        static let post = request([
            "POST /whip/studio HTTP/1.1", "User-Agent: Lavf/62.3.100", "Accept: */*", "Connection: keep-alive",
            "Host: 127.0.0.1:{port}", "Content-Length: {length}", "Authorization: Bearer hush",
            "Cache-Control: no-cache", "Content-Type: application/sdp",
        ])
        static let delete = request([
            "DELETE {session} HTTP/1.1", "User-Agent: Lavf/62.3.100", "Accept: */*", "Connection: keep-alive",
            "Host: 127.0.0.1:{port}", "Authorization: Bearer hush",
        ])
    }

    /// GStreamer's `whipclientsink` (reqwest).
    enum GStreamer {
        static let post = request([
            "POST /whip/studio HTTP/1.1", "content-type: application/sdp", "authorization: Bearer hush", "accept: */*",
            "host: 127.0.0.1:{port}", "content-length: {length}",
        ])
        static let delete = request([
            "DELETE {session} HTTP/1.1", "authorization: Bearer hush", "accept: */*", "host: 127.0.0.1:{port}",
        ])
    }

    /// simple-whip-client (libsoup): the tag as it came, also with DELETE.
    enum SimpleWHIPClient {
        static let post = request([
            "POST /whip/studio HTTP/1.1", "Host: 127.0.0.1:{port}", "Authorization: Bearer hush",
            "Content-Type: application/sdp", "Content-Length: {length}", "Connection: Keep-Alive",
        ])
        static let patch = request([
            "PATCH {session} HTTP/1.1", "Host: 127.0.0.1:{port}", "Authorization: Bearer hush", "If-Match: {etag}",
            "Content-Type: application/trickle-ice-sdpfrag", "Content-Length: {length}", "Connection: Keep-Alive",
        ])
        static let delete = request([
            "DELETE {session} HTTP/1.1", "Host: 127.0.0.1:{port}", "Authorization: Bearer hush", "If-Match: {etag}",
            "Connection: Keep-Alive",
        ])
        static let fragment = [
            "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv", "m=audio 9 RTP/AVP 0", "a=mid:0",
            "a=candidate:1 1 UDP 2015363327 192.0.2.1 50001 typ host",
            "a=candidate:2 1 TCP 1015021823 192.0.2.1 9 typ host tcptype active", "a=end-of-candidates",
        ]
    }

    /// What a browser puts around the headers of a page.
    private static func browser(_ method: String, _ path: String, _ headers: [String]) -> String {
        request(
            ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:{port}", "Connection: keep-alive", "sec-ch-ua-mobile: ?0"]
                + headers + [
                    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36",
                    "Accept: */*", "Origin: https://pages.example.com", "Sec-Fetch-Mode: cors",
                    "Accept-Encoding: gzip, deflate, br, zstd",
                ]
        )
    }

    /// A browser's preflight.
    static func preflight(_ path: String, _ method: String, _ headers: String) -> String {
        browser(
            "OPTIONS",
            path,
            ["Access-Control-Request-Method: \(method)", "Access-Control-Request-Headers: \(headers)"]
        )
    }

    /// MediaMTX's page: `If-Match: *` with candidates, media ids by number, DELETE without a token.
    enum MediaMTX {
        static let options = browser("OPTIONS", "/whip/studio", [])
        static let post = browser(
            "POST",
            "/whip/studio",
            ["Content-Length: {length}", "Content-Type: application/sdp"]
        )
        static let patch = browser(
            "PATCH",
            "{session}",
            ["Content-Length: {length}", "If-Match: *", "Content-Type: application/trickle-ice-sdpfrag"]
        )
        static let delete = browser("DELETE", "{session}", [])
        static let fragment = [
            "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0",
            "a=candidate:2 1 udp 2122260223 3f2a.local 50001 typ host generation 0 ufrag abcd network-cost 999",
            "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:1",
            "a=candidate:2 1 udp 2122260223 192.0.2.1 50002 typ host generation 0 ufrag abcd network-cost 999",
        ]
    }

    /// Eyevinn's SDK: the tag in an `ETag` header, a token even where there is none, DELETE without.
    enum Eyevinn {
        static let options = browser("OPTIONS", "/whip/studio", ["Authorization: Bearer undefined"])
        static let post = browser(
            "POST",
            "/whip/studio",
            ["Content-Length: {length}", "Authorization: Bearer undefined", "Content-Type: application/sdp"]
        )
        static let patch = browser(
            "PATCH",
            "{session}",
            [
                "Content-Length: {length}", "ETag: {etag}", "Authorization: Bearer undefined",
                "Content-Type: application/trickle-ice-sdpfrag",
            ]
        )
        static let delete = browser("DELETE", "{session}", [])
        /// The one candidate under every media id.
        static let fragment = [
            "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv", "m=audio 9 RTP/AVP 0", "a=mid:0",
            "a=candidate:2 1 udp 2122260223 192.0.2.1 50001 typ host", "m=audio 9 RTP/AVP 0", "a=mid:1",
            "a=candidate:2 1 udp 2122260223 192.0.2.1 50001 typ host",
        ]
    }

    /// medooze/whip-whep-js: the tag as it came, a restart with `*` and no m-line.
    enum Medooze {
        static let post = browser(
            "POST",
            "/whip/studio",
            ["Content-Length: {length}", "Authorization: Bearer hush", "Content-Type: application/sdp"]
        )
        static let patch = browser(
            "PATCH",
            "{session}",
            [
                "Content-Length: {length}", "Authorization: Bearer hush", "If-Match: {etag}",
                "Content-Type: application/trickle-ice-sdpfrag",
            ]
        )
        static let restart = browser(
            "PATCH",
            "{session}",
            [
                "Content-Length: {length}", "Authorization: Bearer hush", "If-Match: *",
                "Content-Type: application/trickle-ice-sdpfrag",
            ]
        )
        static let delete = browser("DELETE", "{session}", ["Authorization: Bearer hush"])
        static let fragment = [
            "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv", "m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0",
            "a=candidate:2 1 udp 2122260223 192.0.2.1 50001 typ host generation 0 ufrag abcd network-cost 999",
            "a=end-of-candidates",
        ]
        static let restartFragment = ["a=ice-ufrag:wxyz", "a=ice-pwd:zyxwvutsrqponmlkjihgfe"]

        /// A version of 2021: no `If-Match`, an m-line without a port, and a word misspelt.
        static let oldPatch = browser(
            "PATCH",
            "{session}",
            ["Content-Length: {length}", "Content-Type: application/trickle-ice-sdpfrag"]
        )
        static let oldFragment = [
            "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv", "m=audio RTP/AVP 0", "a=mid:0",
            "a=candidate:2 1 udp 2122260223 192.0.2.1 50001 typ host generation 0", "a=end-of-candiadates",
        ]
    }

    /// Larix Broadcaster (okhttp).
    enum Larix {
        static let post = request([
            "POST /whip/studio HTTP/1.1", "Authorization: Bearer hush", "Content-Type: application/sdp; charset=utf-8",
            "Content-Length: {length}", "Host: 127.0.0.1:{port}", "Connection: Keep-Alive", "Accept-Encoding: gzip",
            "User-Agent: okhttp/4.12.0",
        ])
        static let delete = request([
            "DELETE {session} HTTP/1.1", "Authorization: Bearer hush", "Host: 127.0.0.1:{port}",
            "Connection: Keep-Alive", "Accept-Encoding: gzip", "User-Agent: okhttp/4.12.0",
        ])
    }

    /// An offer that a real publisher has sent.
    static func offer(_ name: String) throws -> String {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(
            contentsOf: tests.appending(path: "RTCTests/Fixtures/offers/\(name).sdp"),
            encoding: .utf8
        )
    }
}
