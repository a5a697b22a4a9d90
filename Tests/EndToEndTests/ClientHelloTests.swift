// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

extension EndToEnd {
    @Suite("Our ClientHello on the wire")
    struct ClientHelloTests {
        /// One ClientHello as it was captured.
        private struct Hello {
            let source: String
            let datagramBytes: Int
            let fragmentBytes: Int
            let messageBytes: Int
        }

        @Test("It is one datagram of less than 1,200 bytes, towards FFmpeg and towards the SFU")
        func fitsOneDatagram() async throws {
            let hellos = try await Stage.run("client-hello") { stage in try await Self.capture(on: stage) }
            for (peer, source) in [
                ("FFmpeg", Namespaces.gatewayAddress), ("the SFU", Namespaces.gatewayAddressForViewers),
            ] {
                let ours = hellos.filter { $0.source == source }
                #expect(!ours.isEmpty, "none was captured towards \(peer)")
                for hello in ours {
                    #expect(hello.datagramBytes < 1200, "towards \(peer)")
                    #expect(hello.fragmentBytes == hello.messageBytes, "it is fragmented towards \(peer)")
                }
                print("CLIENT HELLO towards \(peer): \(ours.map { "\($0.datagramBytes) bytes" })")
            }
        }

        private static func capture(on stage: Stage) async throws -> [Hello] {
            try await stage.startSkyWay()
            try await stage.startGateway()
            let capture = try await WireCapture(on: stage)
            let source = TestPublisher.ffmpeg.start(on: stage, channel: "stage", seconds: 4)
            _ = try await source.result(PublisherResult.self, within: .seconds(30))
            try await capture.stop()
            let fields = ["ip.src", "udp.length", "dtls.handshake.fragment_length", "dtls.handshake.length"]
            return try await capture.rows("dtls.handshake.type == 1", fields).map(hello)
        }

        private static func hello(_ fields: [String]) throws -> Hello {
            guard fields.count == 4, let datagram = Int(fields[1]), let fragment = Int(fields[2]),
                let message = Int(fields[3])
            else { throw StageError("not one ClientHello in one datagram: \(fields)") }
            // Without the UDP header.
            return Hello(
                source: fields[0],
                datagramBytes: datagram - 8,
                fragmentBytes: fragment,
                messageBytes: message
            )
        }
    }
}
