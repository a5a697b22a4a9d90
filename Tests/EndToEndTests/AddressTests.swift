// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    @Suite("Ways to the gateway")
    struct AddressTests {
        /// What the consumer receives.
        private static let seconds = 5

        /// What a publisher posts that is told addresses and sends nothing.
        private static let offer = "libdatachannel-mbedtls"

        /// What Chromium and the SFU's consumer had of a broadcast.
        private struct Broadcast {
            let sink: SinkResult
            let published: ChromiumResult
        }

        @Test("A browser publishes from a page by HTTPS, in HTTP/2, with the gateway's own certificate")
        func secure() async throws {
            let broadcast = try await Stage.run("ways-https") { stage in
                try await stage.startSkyWay()
                let files = ["gateway.pem", "gateway.key"].map { stage.folder.appending(path: $0).path }
                let name = "subjectAltName=IP:\(Namespaces.gatewayAddress)"
                try await stage.run(
                    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
                        + ["-subj", "/CN=gateway", "-addext", name, "-out", files[0], "-keyout", files[1]],
                    in: .gateway
                )
                let url = "https://\(Namespaces.gatewayAddress):8080"
                let paths = ["GATEWAY_TLS_CERTIFICATE": files[0], "GATEWAY_TLS_KEY": files[1]]
                try await stage.startGateway(settings: paths, at: url)
                return try await Self.publish(on: stage, from: url)
            }
            expectWhole(broadcast.sink)
            #expect(broadcast.published.http == "h2")
            #expect(broadcast.published.statistics.protocol == "udp")
        }

        @Test("A browser whose UDP is blocked publishes by ICE-TCP, with reports and no request for retransmission")
        func blocked() async throws {
            let broadcast = try await Stage.run("ways-tcp") { stage in
                let rules = stage.folder.appending(path: "block.nft")
                try """
                table inet block {
                    chain output {
                        type filter hook output priority filter;
                        meta l4proto udp drop
                    }
                    chain input {
                        type filter hook input priority filter;
                        meta l4proto udp drop
                    }
                }

                """.write(to: rules, atomically: true, encoding: .utf8)
                try await stage.run(["nft", "-f", rules.path], in: .publisher)
                try await stage.startSkyWay()
                try await stage.startGateway()
                return try await Self.publish(on: stage, from: Stage.gatewayURL)
            }
            expectWhole(broadcast.sink)
            let statistics = broadcast.published.statistics
            #expect(statistics.protocol == "tcp")
            #expect(Set(statistics.receiverReports.map(\.kind)) == ["audio", "video"])
            #expect(statistics.receiverReports.allSatisfy { $0.packetsLost == 0 })
            #expect(statistics.receiverReports.allSatisfy { ($0.roundTripTimeMeasurements ?? 0) > 0 })
            #expect(statistics.streams.allSatisfy { ($0.nackCount ?? 0) == 0 })
        }

        @Test("FFmpeg, which tries one address alone, publishes over a leg that has no IPv4")
        func ipv6() async throws {
            let sink = try await Stage.run("ways-ipv6", on: .ipv6) { stage in
                try await stage.startSkyWay()
                let url = "http://[\(Namespaces.gatewayAddressByIPv6)]:8080"
                let host = ["GATEWAY_HTTP_HOST": "::"]
                try await stage.startGateway(settings: host, at: url)
                return try await Self.publishByFFmpeg(on: stage, to: url)
            }
            expectWhole(sink)
        }

        @Test("FFmpeg behind a NAT reaches a gateway behind another, by the one address that its announced name has")
        func nat() async throws {
            let (sink, told) = try await Stage.run("ways-nat", on: .nat) { stage in
                try await stage.startSkyWay()
                let names = ["GATEWAY_ANNOUNCE": "media.test", "GATEWAY_ANNOUNCE_ONLY": "true"]
                let gateway = try await stage.startGateway(Stage.credentials.merging(names) { $1 })
                let url = "http://\(Namespaces.publicAddress):8080"
                let sink = try await Self.publishByFFmpeg(on: stage, to: url)
                let answer = try await stage.post(Self.offer, to: "\(url)/whip/other")
                let warnings = gateway.process.errors.lines().filter { $0.contains("private network") }
                #expect(warnings.isEmpty)
                return (sink, Self.candidates(answer))
            }
            expectWhole(sink)
            #expect(told == ["udp \(Namespaces.publicAddress)", "tcp \(Namespaces.publicAddress)"])
        }

        @Test("New sessions are told addresses that came, and none that went, and the running one goes on")
        func changes() async throws {
            let (sink, told) = try await Stage.run("ways-changes") { stage in
                try await stage.startSkyWay()
                let gateway = try await stage.startGateway()
                let log = gateway.process
                _ = try await log.line("that only a private network gets through", within: .seconds(5)) {
                    $0.contains("Only publishers in the same private network") ? true : nil
                }
                let (sink, source) = Self.start(on: stage, to: Stage.gatewayURL)
                try await source.event("publishing", within: .seconds(20))
                let fresh = "10.77.1.9"
                var told: [[String]] = []
                for (verb, address) in [("add", fresh), ("del", Namespaces.gatewayAddress)] {
                    try await stage.run(["ip", "addr", verb, "\(fresh)/24", "dev", "publisher"], in: .gateway)
                    let answer = try await stage.post(Self.offer, to: "http://\(address):8080/whip/\(verb)")
                    told.append(Self.candidates(answer))
                    _ = try await log.line("that addresses changed", within: .seconds(5)) { line in
                        let isNew = line.contains("Publishers are told other addresses now")
                        return isNew && line.contains(fresh) == (verb == "add") ? true : nil
                    }
                }
                let received = try await sink.result(SinkResult.self, within: .seconds(60))
                source.process.send(SIGTERM)
                return (received, told)
            }
            expectWhole(sink)
            let old = [Namespaces.gatewayAddress, Namespaces.gatewayAddressForViewers]
            #expect(told[0].first == "udp 10.77.1.9")
            #expect(Set(told[0]).isSuperset(of: old.map { "udp \($0)" }))
            #expect(told[1].first == "udp \(Namespaces.gatewayAddress)")
            #expect(!told[1].contains { $0.hasSuffix("10.77.1.9") })
            #expect(told.allSatisfy { $0.contains("tcp \(Namespaces.gatewayAddress)") })
        }

        // MARK: Broadcasts

        private static func publish(on stage: Stage, from url: String) async throws -> Broadcast {
            let sink = sink(on: stage)
            let source = stage.peer(
                "publish_chromium.py",
                [url, "--channel", "stage", "--codec", "VP8", "--seconds", String(seconds + 3)],
                in: .publisher
            )
            let received = try await sink.result(SinkResult.self, within: .seconds(70))
            return Broadcast(
                sink: received,
                published: try await source.result(ChromiumResult.self, within: .seconds(30))
            )
        }

        private static func publishByFFmpeg(on stage: Stage, to url: String) async throws -> SinkResult {
            let (sink, source) = start(on: stage, to: url)
            let received = try await sink.result(SinkResult.self, within: .seconds(60))
            source.process.send(SIGTERM)
            return received
        }

        private static func start(on stage: Stage, to url: String) -> (sink: PeerProcess, source: PeerProcess) {
            let source = stage.peer(
                "publish_ffmpeg.py",
                ["\(url)/whip/stage", "--seconds", String(seconds + 10)],
                in: .publisher
            )
            return (sink(on: stage), source)
        }

        private static func sink(on stage: Stage) -> PeerProcess {
            let url = "\(Stage.skyWayURL)/whep/stage"
            let times = ["--wait", "40", "--retry", "0.2", "--seconds", String(seconds)]
            return stage.peer("consume_whep.py", [url] + times, in: .viewer)
        }

        private func expectWhole(_ sink: SinkResult) {
            #expect(sink.video.expected >= Self.seconds * 15 * 9 / 10)
            #expect(sink.video.ratio >= 0.99, "missing: \(sink.video.missing ?? [])")
            #expect((sink.video.largestGapMilliseconds ?? .max) <= 500)
            for stream in sink.streams { #expect(stream.lost == 0) }
        }

        /// The candidates of an answer: transport and address.
        private static func candidates(_ answer: Reply) -> [String] {
            answer.body.split(separator: "\r\n").filter { $0.hasPrefix("a=candidate:") }.map { line in
                let fields = line.split(separator: " ")
                return "\(fields[2]) \(fields[4])"
            }
        }
    }
}

/// The result of `publish_chromium.py`, as far as it tells how the gateway was reached.
private struct ChromiumResult: Decodable {
    /// What the browser says of its connection.
    struct Statistics: Decodable {
        /// What the gateway reported of one stream.
        struct Report: Decodable {
            let kind: String
            let packetsLost: Int
            let roundTripTimeMeasurements: Int?
        }

        /// One stream that was sent.
        struct Stream: Decodable {
            let nackCount: Int?
        }

        let streams: [Stream]
        let receiverReports: [Report]
        /// `udp` or `tcp`.
        let `protocol`: String?
    }

    /// The protocol of the POST.
    let http: String?
    let statistics: Statistics
}
