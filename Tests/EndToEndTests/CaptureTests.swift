// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Testing

extension EndToEnd {
    @Suite("What a broadcast's media is measured to do, held against Wireshark and Prometheus")
    struct CaptureTests {
        private static let key = "a-key-for-operators-alone"

        /// Statistics of a broadcast, as far as they are looked at here.
        private struct Statistics: Decodable {
            struct Entry: Decodable {
                var type: String
                var id: String
                var ssrc: UInt32?
                var rtxSsrc: UInt32?
                var kind: String?
                var codecId: String?
                var payloadType: Int?
                var mimeType: String?
                var packetsReceived: Int?
                var packetsSent: Int?
                var framesReceived: Int?
                var framesSent: Int?
                var nackCount: Int?
            }

            var status: String
            var stats: [Entry]

            /// The streams that carry media, either way.
            var streams: [Entry] { stats.filter { $0.type == "inbound-rtp" || $0.type == "outbound-rtp" } }

            func payloadType(of stream: Entry?) -> Int? { stats.first { $0.id == stream?.codecId }?.payloadType }

            func packets(_ id: String) -> Int {
                streams.first { $0.id == id }.map { $0.packetsReceived ?? $0.packetsSent ?? 0 } ?? 0
            }
        }

        private struct Metrics: Decodable {
            struct Family: Decodable {
                struct Sample: Decodable {
                    var name: String
                    var labels: [String: String]
                    var value: Double
                }

                var name: String
                var type: String
                var samples: [Sample]
            }

            var contentType: String
            var families: [Family]

            func value(_ name: String, _ labels: [String: String]) -> Double? {
                families.flatMap(\.samples).first { $0.name == name && $0.labels == labels }?.value
            }
        }

        private struct Run {
            var before: Statistics
            var after: Statistics
            var capture: String
            var metrics: Metrics
        }

        @Test("tshark reads a capture as RTP and RTCP unasked, and counts what the statistics count, to the packet")
        func agreement() async throws {
            try await Stage.run("capture") { stage in
                let run = try await Self.measure(on: stage)
                try await Self.compare(run, on: stage)
                let video = run.after.streams.first { $0.kind == "video" && $0.type == "inbound-rtp" }
                let payload = try #require(run.after.payloadType(of: video))
                let units = try await Self.rows(
                    run.capture,
                    "h264.nal_unit_hdr || h264.nal_unit_type",
                    ["rtp.ssrc"],
                    on: stage,
                    ["-d", "rtp.pt==\(payload),h264"]
                )
                #expect(units.count > 50)
                Self.look(at: run.metrics, beside: run.after)
            }
        }

        /// Publishes, and records a few seconds before and after which nothing flows: what was counted in between is
        /// what was recorded.
        private static func measure(on stage: Stage) async throws -> Run {
            try await stage.startSkyWay(["--local-api"])
            try await stage.startGateway(settings: ["GATEWAY_ADMIN_KEY": key])
            let observer = try await LiveObserver(on: stage)
            let publisher = TestPublisher.ffmpeg.start(on: stage, channel: "stage", seconds: 30)
            let ffmpeg = try await publisher.detailed("started", as: Started.self, within: .seconds(20)).fields.pid
            try await observer.live("stage", within: .seconds(30))
            _ = try await statistics(on: stage) { statistics in
                statistics.streams.count == 4 && statistics.streams.allSatisfy { statistics.packets($0.id) > 20 }
            }
            kill(ffmpeg, SIGSTOP)
            let before = try await settled(on: stage)
            let file = stage.folder.appending(path: "broadcast.pcapng")
            let command = stage.start(
                "capture",
                in: .gateway,
                [Machine.gatewayBinary, "capture", "1", "--seconds", "10", "--output", file.path],
                environment: ["GATEWAY_ADMIN_KEY": key]
            )
            while !command.hasEnded, (try? size(of: file)) ?? 0 == 0 { try await Task.sleep(for: .milliseconds(20)) }
            kill(ffmpeg, SIGCONT)
            let goal = before.streams.map(\.id).map { ($0, before.packets($0) + 60) }
            _ = try await statistics(on: stage) { now in goal.allSatisfy { now.packets($0.0) >= $0.1 } }
            kill(ffmpeg, SIGSTOP)
            let after = try await settled(on: stage)
            let metrics = stage.peer(
                "read_metrics.py",
                ["\(Stage.gatewayURL)/metrics", "--key", key],
                in: .gateway
            )
            let read = try await metrics.result(Metrics.self, within: .seconds(15))
            let table = stage.start(
                "status",
                in: .gateway,
                [Machine.gatewayBinary, "status", "1"],
                environment: ["GATEWAY_ADMIN_KEY": key]
            )
            #expect(try await table.end(within: .seconds(15)).isSuccess, "\(table.errors.lines())")
            let lines = table.output.lines()
            #expect(lines.count == 7 && lines[0].hasPrefix("Broadcast 1, live."), "\(lines)")
            #expect(lines.allSatisfy { $0.count <= 80 } && lines[2].hasPrefix("FROM  TO "))
            #expect(lines.count { $0.contains("h264") && $0.contains("320x180") } == 2, "\(lines)")
            #expect(try await command.end(within: .seconds(30)).isSuccess, "\(command.errors.lines())")
            let last = try await settled(on: stage)
            #expect(last.streams.map { last.packets($0.id) } == after.streams.map { after.packets($0.id) })
            kill(ffmpeg, SIGCONT)
            return Run(before: before, after: after, capture: file.path, metrics: read)
        }

        private static func size(of file: URL) throws -> Int {
            // Values are remembered by the URL that was asked.
            try URL(filePath: file.path).resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
        }

        private struct Started: Decodable {
            var pid: pid_t
        }

        private static func statistics(
            on stage: Stage,
            where isRight: (Statistics) -> Bool
        ) async throws -> Statistics {
            let deadline = ContinuousClock.now + .seconds(30)
            while ContinuousClock.now < deadline {
                let reply = try await stage.ask(
                    "GET",
                    "\(Stage.gatewayURL)/api/v1/broadcasts/1/stats",
                    from: .gateway,
                    headers: ["Authorization: Bearer \(key)"]
                )
                if reply.status == 200 {
                    let statistics = try JSONDecoder().decode(Statistics.self, from: Data(reply.body.utf8))
                    if isRight(statistics) { return statistics }
                }
                try await Task.sleep(for: .milliseconds(100))
            }
            throw StageError("the statistics did not become what they were waited to be")
        }

        /// The statistics once they have stood still for two seconds.
        private static func settled(on stage: Stage) async throws -> Statistics {
            var (former, since) = ([Int](), ContinuousClock.now)
            return try await statistics(on: stage) { statistics in
                let present = statistics.streams.map { statistics.packets($0.id) }
                if present != former { (former, since) = (present, .now) }
                return ContinuousClock.now - since > .seconds(2.5)
            }
        }

        /// The values of fields in the packets of a capture, a row for each, as tshark shows them with no option of ours
        /// but those that are given.
        private static func rows(
            _ file: String,
            _ filter: String,
            _ fields: [String],
            on stage: Stage,
            _ options: [String] = []
        ) async throws -> [[String]] {
            let reader = ChildProcess(
                "read-broadcast",
                command: ["tshark", "-r", file] + options + ["-Y", filter, "-T", "fields"]
                    + fields.flatMap { ["-e", $0] },
                keeping: stage.folder
            )
            guard try await reader.end(within: .seconds(60)).isSuccess else { throw StageError(reader.lastWords) }
            return reader.output.lines().map { line in
                line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            }
        }

        private static func compare(_ run: Run, on stage: Stage) async throws {
            let fields = ["rtp.ssrc", "rtp.p_type", "frame.interface_name"]
            let media = try await rows(run.capture, "rtp", fields, on: stage)
            let counts = Dictionary(grouping: media) { UInt32($0[0].dropFirst(2), radix: 16) ?? 0 }
            let streams = run.after.streams
            #expect(streams.count == 4 && Set(streams.map(\.kind)) == ["audio", "video"])
            for stream in streams {
                let ssrc = try #require(stream.ssrc)
                let own = counts[ssrc] ?? []
                let again = stream.rtxSsrc.flatMap { counts[$0] } ?? []
                let counted = run.after.packets(stream.id) - run.before.packets(stream.id)
                #expect(own.count + again.count == counted, "\(stream.id)")
                #expect(counted >= 60)
                let payloadType = run.after.payloadType(of: stream)
                #expect(Set(own.map { $0[1] }) == [payloadType.map { "\($0)" } ?? ""], "\(stream.id)")
                let isInbound = stream.type == "inbound-rtp"
                #expect(Set(own.map { $0[2] == "publisher" }) == [isInbound], "\(stream.id)")
                print("CAPTURE \(stream.id): \(counted) packets counted, \(own.count) + \(again.count) captured")
            }
            let known = Set(streams.compactMap(\.ssrc) + streams.compactMap(\.rtxSsrc))
            #expect(Set(counts.keys).isSubset(of: known))
            let reports = try await rows(run.capture, "rtcp", ["rtcp.pt", "frame.interface_name"], on: stage)
            let types = { (isPublisher: Bool) in
                Set(reports.filter { ($0[1] == "publisher") == isPublisher }.flatMap { $0[0].split(separator: ",") })
            }
            // Reports of ours to both, and of the SFU.
            #expect(types(true).contains("201") && types(false).isSuperset(of: ["200", "201"]))
            #expect(try await rows(run.capture, "_ws.malformed", ["frame.number"], on: stage).isEmpty)
        }

        private static func look(at metrics: Metrics, beside statistics: Statistics) {
            #expect(metrics.contentType == "text/plain; version=0.0.4; charset=utf-8")
            #expect(metrics.families.count > 30 && metrics.families.allSatisfy { !$0.samples.isEmpty || $0.type != "" })
            for stream in statistics.streams {
                let direction = stream.type == "inbound-rtp" ? "inbound" : "outbound"
                let labels = ["direction": direction, "kind": stream.kind ?? ""]
                let packets = Double(statistics.packets(stream.id))
                #expect(metrics.value("rtc_packets_total", labels) == packets, "\(labels)")
                #expect(metrics.value("rtc_streams", labels) == 1)
                guard let frames = stream.framesReceived ?? stream.framesSent else { continue }
                #expect(metrics.value("rtc_frames_total", labels) == Double(frames))
            }
            #expect(metrics.value("whip_broadcasts", ["state": "live"]) == 1)
            let histogram = metrics.families.first { $0.name == "http_request_duration_seconds" }
            #expect(histogram?.type == "histogram")
            #expect(metrics.families.first { $0.name == "rtc_packets" }?.type == "counter")
        }
    }
}
