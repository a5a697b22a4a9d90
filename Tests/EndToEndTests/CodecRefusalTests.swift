// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    @Suite("Codecs that the router does not take")
    struct CodecRefusalTests {
        /// A problem document (RFC 9457).
        private struct Problem: Decodable {
            let title: String
            let detail: String
        }

        /// What is offered alone, and what the router takes.
        private static let refused = [
            ("AV1", "opus,vp8,h264,vp9"), ("H265", "opus,vp8,h264,vp9"), ("VP9", "opus,vp8,h264"),
        ]

        @Test("Each is refused with a sentence that names what is taken, and leaves nobody in the channel")
        func namesWhatIsTaken() async throws {
            for router in Set(Self.refused.map(\.1)) {
                let codecs = Self.refused.filter { $0.1 == router }.map(\.0)
                let (replies, left) = try await Stage.run("refused-codecs") { stage in
                    try await stage.startSkyWay(["--router-codecs", router])
                    try await stage.startGateway()
                    let observer = ChannelObserver("stage", on: stage)
                    var replies: [Reply] = []
                    for codec in codecs { replies.append(try await Self.offer(codec, on: stage)) }
                    return (replies, try await observer.snapshot("nobody", within: .seconds(5)) { $0.persons.isEmpty })
                }
                for (codec, reply) in zip(codecs, replies) { try expectRefusal(reply, of: codec, router: router) }
                #expect(left.fields.publications.isEmpty && left.fields.subscriptions == 0)
            }
        }

        private func expectRefusal(_ reply: Reply, of codec: String, router: String) throws {
            print("REFUSAL of \(codec): \(reply.status) after \(reply.seconds) s: \(reply.body)")
            #expect((400..<500).contains(reply.status))
            #expect(reply.headers["content-type"]?.hasPrefix("application/problem+json") == true)
            let problem = try JSONDecoder().decode(Problem.self, from: Data(reply.body.utf8))
            #expect(problem.detail.contains(codec))
            for name in router.uppercased().split(separator: ",").dropFirst() {
                #expect(problem.detail.contains(name), "\(problem.detail)")
            }
        }

        /// Posts an offer of libdatachannel with another codec in the place of H264.
        private static func offer(_ codec: String, on stage: Stage) async throws -> Reply {
            let fixtures = Machine.checkout.appending(path: "Tests/RTCTests/Fixtures/offers")
            let recorded = try String(
                contentsOf: fixtures.appending(path: "libdatachannel-mbedtls.sdp"),
                encoding: .utf8
            )
            let lines = recorded.split(whereSeparator: \.isNewline)
                .filter { !$0.contains("profile-level-id") }
                .map { $0.replacing("H264/90000", with: "\(codec)/90000") }
            let file = stage.folder.appending(path: "\(codec).sdp")
            try lines.map { "\($0)\r\n" }.joined().write(to: file, atomically: true, encoding: .utf8)
            return try await stage.ask(
                "POST",
                "\(Stage.gatewayURL)/whip/stage",
                from: .publisher,
                headers: ["Content-Type: application/sdp"],
                body: file
            )
        }
    }
}
