// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
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
            let file = stage.folder.appending(path: "handshakes.pcap").path
            let links = ["-i", "publisher", "-i", "viewer"]
            let capture = stage.start("tshark", in: .gateway, ["tshark", "-q", "-f", "udp", "-w", file] + links)
            _ = try await capture.line("that it captures", within: .seconds(15)) {
                $0.contains("Capturing on") ? true : nil
            }
            let source = TestPublisher.ffmpeg.start(on: stage, channel: "stage", seconds: 4)
            _ = try await source.result(PublisherResult.self, within: .seconds(30))
            capture.send(SIGINT)
            _ = try await capture.end(within: .seconds(10))
            let fields = ["ip.src", "udp.length", "dtls.handshake.fragment_length", "dtls.handshake.length"]
            let reader = stage.start(
                "client-hellos",
                in: .gateway,
                ["tshark", "-r", file, "-Y", "dtls.handshake.type == 1", "-T", "fields"]
                    + fields.flatMap { ["-e", $0] }
            )
            #expect(try await reader.end(within: .seconds(30)).isSuccess)
            return try reader.output.lines().map(hello)
        }

        private static func hello(_ line: String) throws -> Hello {
            let fields = line.split(separator: "\t")
            guard fields.count == 4, let datagram = Int(fields[1]), let fragment = Int(fields[2]),
                let message = Int(fields[3])
            else { throw StageError("not one ClientHello in one datagram: \(line)") }
            // Without the UDP header.
            return Hello(
                source: String(fields[0]),
                datagramBytes: datagram - 8,
                fragmentBytes: fragment,
                messageBytes: message
            )
        }
    }
}
