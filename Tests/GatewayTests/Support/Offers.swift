// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Offers of a publisher in OBS's shape.
enum Offers {
    static let fingerprint = Array(repeating: "AB", count: 32).joined(separator: ":")

    /// An offer of Opus and a video codec.
    ///
    /// - Parameters:
    ///   - direction: of both sections.
    ///   - video: the `rtpmap` of the video codec.
    ///   - fmtp: its parameters.
    ///   - layers: how many simulcast layers of it, named 0, 1, …; the video has none of that where it is 1.
    /// - Returns: the text.
    static func obs(
        direction: String = "sendonly",
        video: String = "H264/90000",
        fmtp: String? = "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
        layers: Int = 1
    ) -> String {
        let rids = (0..<layers).map { "\($0)" }
        let sources =
            layers == 1
            ? ["a=ssrc:2 cname:x"]
            : rids.map { "a=rid:\($0) send" } + ["a=simulcast:send \(rids.joined(separator: ";"))"]
                + ["a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid"]
                + ["a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"]
        let lines =
            [
                "v=0", "o=rtc 1234 0 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=group:LS 0 1",
                "a=msid-semantic:WMS *", "a=setup:actpass", "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv",
                "a=ice-options:ice2,trickle", "a=fingerprint:sha-256 \(fingerprint)",
                "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=mid:0", "a=\(direction)", "a=rtcp-mux",
                "a=ssrc:1 cname:x", "a=msid:s s-audio", "a=rtpmap:111 opus/48000/2",
                "a=fmtp:111 minptime=10;stereo=1;sprop-stereo=1;useinbandfec=1",
                "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:1", "a=\(direction)", "a=rtcp-mux",
                "a=msid:s s-video", "a=rtpmap:96 \(video)",
            ] + sources + (fmtp.map { ["a=fmtp:96 \($0)"] } ?? []) + ["a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli"]
        return lines.map { $0 + "\r\n" }.joined()
    }

    /// A second video track, for the end of an offer.
    static let secondVideo =
        [
            "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:2", "a=sendonly", "a=rtcp-mux",
            "a=msid:s s-second", "a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=1",
        ].map { $0 + "\r\n" }.joined()

    /// Audio and video with a transport each.
    static let unbundled = obs().replacing("a=group:BUNDLE 0 1\r\n", with: "")
        .replacing("a=mid:1\r\n", with: "a=mid:1\r\na=ice-ufrag:efgh\r\na=ice-pwd:efghijklmnopqrstuvwxyz\r\n")
}
