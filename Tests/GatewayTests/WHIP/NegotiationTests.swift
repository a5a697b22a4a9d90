// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import HTTPTypes
import HummingbirdTesting
import NIOCore
import RTC
import Testing

@testable import Gateway
@testable import SkyWay

/// What a publisher is answered, and what the SFU is told of it, by the router's list and the operator's order.
@Suite("Negotiation between publisher and router", .timeLimit(.minutes(1)))
struct NegotiationTests {
    private static let nack = [RTPFeedback(.nack)]

    /// A router that lists Opus and these codecs, in this order.
    static func link(_ video: [String], retransmits: Bool = true) -> FakeLink {
        FakeLink { publications in
            var forwardings = try await FakeLink.forwardings(for: publications)
            forwardings.capabilities.codecs = [
                .init(mimeType: "audio/opus", preferredPayloadType: 100, clockRate: 48_000, channels: 2)
            ]
            for (index, name) in video.enumerated() {
                let payloadType = UInt8(101 + 2 * index)
                let h264: [String: JSONValue] = ["packetization-mode": 1, "profile-level-id": "42e01f"]
                forwardings.capabilities.codecs.append(
                    .init(
                        mimeType: "video/\(name)",
                        preferredPayloadType: payloadType,
                        clockRate: 90_000,
                        parameters: name == "H264" ? h264 : [:],
                        rtcpFeedback: nack
                    )
                )
                guard retransmits else { continue }
                forwardings.capabilities.codecs.append(
                    .init(
                        mimeType: "video/rtx",
                        preferredPayloadType: payloadType + 1,
                        clockRate: 90_000,
                        parameters: ["apt": .integer(Int64(payloadType))]
                    )
                )
            }
            return forwardings
        }
    }

    /// A browser's offer: VP8, H264 and VP9, each with retransmissions.
    private static var offer: String {
        Offers.obs()
            .replacing("UDP/TLS/RTP/SAVPF 96", with: "UDP/TLS/RTP/SAVPF 97 98 96 99 100 101")
            .replacing("a=ssrc:2 cname:x", with: "a=ssrc-group:FID 2 3\r\na=ssrc:2 cname:x")
            + [
                "a=rtcp-xr:rcvr-rtt=all", "a=rtpmap:97 VP8/90000", "a=rtpmap:98 rtx/90000", "a=fmtp:98 apt=97",
                "a=rtpmap:99 rtx/90000", "a=fmtp:99 apt=96", "a=rtpmap:100 VP9/90000", "a=rtpmap:101 rtx/90000",
                "a=fmtp:101 apt=100", "a=rtcp-fb:97 goog-remb", "a=rtcp-fb:* transport-cc", "a=rtcp-fb:97 nack",
                "a=extmap:3 \(HeaderExtension.transportSequenceNumber.uri)",
            ].map { $0 + "\r\n" }.joined()
    }

    @Test(
        "The answer has the router's first codec that the publisher has too, unless the operator wants another first",
        arguments: [
            (["VP8", "H264"], "", "97 98", "video/vp8"), (["H264", "VP8"], "", "96 99", "video/vp8"),
            (["VP8", "H264"], "h264", "96 99", "video/h264"), (["VP8", "VP9"], "av1,vp9,opus", "100 101", "video/vp8"),
            (["VP9"], "h264,vp8", "100 101", "video/h264"), (["AV1", "VP8"], "av1", "97 98", "video/vp8"),
        ]
    )
    func choice(router: [String], preference: String, types: String, published: String) async throws {
        let link = Self.link(router)
        let codecs = try CodecPreference(preference)
        try await GatewayFixture.run(GatewaySetup(edit: { $0.codecs = codecs }, connect: { _, _ in link })) { gateway in
            let response = try await gateway.post(Self.offer)
            #expect(response.status == .created)
            let answer = try SDPDescription(parsing: response.body.readableBytesView)
            #expect(answer.sections.map { $0.formats.joined(separator: " ") } == ["111", types])
            // Known before the router's list is: what SkyWay documents, in the operator's order.
            #expect(link.publications.map(\.mimeType) == ["audio/opus", published])
        }
    }

    @Test("Loss recovery and bandwidth feedback are answered where they are offered")
    func features() async throws {
        let link = Self.link(["VP8"])
        try await GatewayFixture.run(GatewaySetup(connect: { _, _ in link })) { gateway in
            let lines = String(buffer: try await gateway.post(Self.offer).body).split(separator: "\r\n")
            let feedback = lines.filter { $0.hasPrefix("a=rtcp-fb:") }
            #expect(feedback == ["transport-cc", "goog-remb", "nack"].map { "a=rtcp-fb:97 \($0)" })
            #expect(lines.contains("a=rtcp-xr:rcvr-rtt=all"))
            #expect(lines.contains("a=extmap:3 \(HeaderExtension.transportSequenceNumber.uri)"))
            #expect(lines.contains("a=fmtp:98 apt=97"))
        }
    }

    @Test("The SFU is told of retransmissions where its router has them", arguments: [true, false])
    func producers(retransmits: Bool) async throws {
        let link = Self.link(["H264"], retransmits: retransmits)
        try await GatewayFixture.run(GatewaySetup(connect: { _, _ in link })) { gateway in
            #expect(try await gateway.post().status == .created)
            while link.producers.count < 2 { try await Task.sleep(for: .milliseconds(2)) }
            let (audio, video) = (link.producers[0].rtpParameters, link.producers[1].rtpParameters)
            #expect(audio.codecs.map(\.payloadType) == [111])
            #expect(audio.encodings.map(\.rtx) == [nil])
            #expect(video.codecs.map(\.payloadType) == (retransmits ? [96, 97] : [96]))
            #expect(video.codecs.first?.rtcpFeedback.contains(RTPFeedback(.nack)) == true)
            #expect(video.codecs.dropFirst().map(\.parameters) == (retransmits ? [["apt": 96]] : []))
            let encoding = try #require(video.encodings.first)
            #expect(encoding.rtx?.ssrc == (retransmits ? encoding.ssrc + 1 : nil))
            #expect(Set([audio.encodings[0].ssrc, encoding.ssrc, encoding.rtx?.ssrc ?? 0]).count == 3)
        }
    }

    @Test(
        "A codec that the router does not list is refused with the names of those that it lists",
        arguments: [
            ("AV1/90000", ["VP8", "H264"], "AV1 for video, but only VP8, H264 (packetization mode 1) can be taken"),
            ("H265/90000", ["VP8", "VP9"], "H265 for video, but only VP8, VP9 can be taken"),
            ("VP9/90000", ["VP8"], "VP9 for video, but only VP8 can be taken"),
            ("VP8/90000", [], "The channel takes no video; publish without it."),
        ]
    )
    func refusal(codec: String, router: [String], sentence: String) async throws {
        let link = Self.link(router)
        try await GatewayFixture.run(GatewaySetup(connect: { _, _ in link })) { gateway in
            let response = try await gateway.post(Offers.obs(video: codec, fmtp: nil))
            #expect(response.status == .unprocessableContent)
            let problem = try JSONDecoder().decode(
                RefusalTests.Document.self,
                from: Data(response.body.readableBytesView)
            )
            #expect(problem.type.hasSuffix(":no-common-codec"))
            #expect(problem.detail.contains(sentence), "\(problem.detail)")
            #expect(link.asked == ["open", "stop"])
        }
    }
}
