// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

extension EndToEnd {
    @Suite("Lost packets")
    struct LossTests {
        private struct Probe: Decodable {
            let datagrams: Int
            let packets: Int
            let packetsOfRuns: Int?
        }

        @Test("A run of UDP_SEGMENT crosses each link packet by packet, so that loss hits each of them")
        func linksCarrySinglePackets() async throws {
            let links = [
                (Namespaces.Role.gateway, "publisher", Namespaces.publisherAddress),
                (.gateway, "viewer", Namespaces.viewerAddress),
                (.publisher, "gateway", Namespaces.gatewayAddress),
                (.viewer, "gateway", Namespaces.gatewayAddressForViewers),
            ]
            let probes = try await Stage.run("single-packets") { stage in
                var probes: [Probe] = []
                for (role, link, target) in links {
                    let peer = stage.peer("probe_segments.py", [link, target], in: role, as: "\(role)-\(link)")
                    probes.append(try await peer.result(Probe.self, within: .seconds(20)))
                }
                let impaired = try await ImpairedLeg(.viewer, on: stage)
                let peer = stage.peer("probe_segments.py", ["impaired", links[1].2, "--keep"], in: .gateway)
                probes.append(try await peer.result(Probe.self, within: .seconds(20)))
                let crossed = try await impaired.end().fromGateway
                #expect(crossed.carried == probes[4].datagrams && crossed.arrived == crossed.carried)
                return probes
            }
            for probe in probes {
                // Something of the kernel's own may come between.
                #expect((probe.datagrams...probe.datagrams + 20).contains(probe.packets))
                // The counter would tell.
                if let runs = probe.packetsOfRuns { #expect(runs < probe.datagrams / 3) }
            }
            print(
                "SINGLE PACKETS: \(probes.map { "\($0.packets) (\($0.packetsOfRuns ?? 0) as runs)" }) of 1000 datagrams"
            )
        }

        @Test("With 5 % loss and 50 ms on a leg the consumer gets its frames", arguments: ImpairedLeg.Leg.allCases)
        func mended(_ leg: ImpairedLeg.Leg) async throws {
            let outcome = try await LossRun(publisher: .wrtc, leg: leg, seconds: 15).outcome()
            outcome.expectBadLeg()
            outcome.expectMended(over: 15)
        }

        @Test("Without retransmission the same leg breaks the picture", arguments: ImpairedLeg.Leg.allCases)
        func broken(_ leg: ImpairedLeg.Leg) async throws {
            let publisher = leg == .publisher ? PublisherCase.wrtcUnmended : .wrtc
            let outcome = try await LossRun(publisher: publisher, leg: leg, recovers: false, seconds: 8).outcome()
            outcome.expectBadLeg()
            outcome.expectBroken(on: leg)
        }
    }

    @Suite("Lost packets, at length", .enabled(if: LongPart.loss.isWanted, LongPart.loss.complaint))
    struct LossMatrixTests {
        @Test("With 5 % loss and 50 ms on a leg the consumer gets its frames", arguments: Self.mendedRuns)
        func mended(_ publisher: PublisherCase, _ leg: ImpairedLeg.Leg) async throws {
            // FFmpeg never sends the last flight of its handshake again: where that is lost there is no session.
            let beginsWell = publisher.implementation == .ffmpeg && leg == .publisher
            let outcome = try await LossRun(publisher: publisher, leg: leg, beginsWell: beginsWell).outcome()
            outcome.expectBadLeg()
            outcome.expectMended(over: 30)
        }

        @Test("Without retransmission the same leg breaks the picture", arguments: Self.brokenRuns)
        func broken(_ publisher: PublisherCase, _ leg: ImpairedLeg.Leg) async throws {
            let outcome = try await LossRun(publisher: publisher, leg: leg, recovers: false).outcome()
            outcome.expectBadLeg()
            outcome.expectBroken(on: leg)
        }

        @Test("In twelve cells of the matrix of losses the consumer gets its frames", arguments: Self.cells)
        func matrix(_ leg: ImpairedLeg.Leg, _ conditions: ImpairedLeg.Conditions) async throws {
            let run = LossRun(publisher: .wrtc, leg: leg, conditions: conditions, seconds: 25, beginsWell: true)
            let outcome = try await run.outcome()
            print("LOSS CELL, 25 s:\n\(LossRun.tableHead)\n\(run.row(outcome))")
            outcome.expectBadLeg(loses: conditions.loss)
            outcome.expectDelivered(conditions, over: 25)
        }

        private static let conditions = [
            ImpairedLeg.Conditions(loss: 5, burst: 4),
            ImpairedLeg.Conditions(roundTrip: 10, jitter: 5),
            ImpairedLeg.Conditions(roundTrip: 150),
            ImpairedLeg.Conditions(loss: 10),
            ImpairedLeg.Conditions(loss: 10, burst: 4, jitter: 5),
            ImpairedLeg.Conditions(loss: 20),
        ]

        private static let cells = ImpairedLeg.Leg.allCases.flatMap { leg in conditions.map { (leg, $0) } }

        private static let mendedRuns: [(PublisherCase, ImpairedLeg.Leg)] = [
            (.wrtc, .publisher), (.wrtc, .viewer), (.chromium, .publisher), (.chromium, .viewer),
            (.ffmpeg, .publisher), (.ffmpeg, .viewer),
        ]

        private static let brokenRuns: [(PublisherCase, ImpairedLeg.Leg)] = [
            (.wrtcUnmended, .publisher), (.wrtc, .viewer), (.chromiumUnmended, .publisher), (.chromium, .viewer),
        ]
    }
}

extension PublisherCase {
    fileprivate static let wrtc = PublisherCase(
        implementation: .wrtc,
        name: "VP8",
        codec: "VP8",
        options: ["--codec", "VP8"]
    )
    /// It does not offer retransmission.
    fileprivate static let wrtcUnmended = PublisherCase(
        implementation: .wrtc,
        name: "VP8",
        codec: "VP8",
        options: ["--codec", "VP8", "--without", withoutRetransmission, "--without", withoutSources]
    )
    fileprivate static let chromium = PublisherCase(
        implementation: .chromium,
        name: "VP8",
        codec: "VP8",
        options: ["--codec", "VP8"]
    )
    fileprivate static let chromiumUnmended = PublisherCase(
        implementation: .chromium,
        name: "VP8",
        codec: "VP8",
        options: ["--codec", "VP8", "--without", withoutRetransmission, "--without", withoutSources]
    )
    fileprivate static let ffmpeg = PublisherCase(implementation: .ffmpeg, name: "H264", codec: "H264")
}
