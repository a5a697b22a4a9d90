// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver
import Testing

@testable import Gateway
@testable import SkyWay

/// What operators are told, compared with what there is.
@Suite("What operators see of the whole path", .serialized, .timeLimit(.minutes(1)))
struct StatusPathTests {
    private static let key = "0123456789abcdef-admin"

    private struct Report: Decodable {
        struct Named: Decodable {
            var id: String?
            var name: String?
        }

        struct Transport: Decodable {
            var side: String
            var address: String?
            var dtls: String
            var ice: String
            var packets: Int
            var roundTripMilliseconds: Double?
        }

        struct Publication: Decodable {
            var kind: String
            var codec: String
            var publicationId: String?
            var forwardingId: String?
            var producerId: String
            var subscriptions: Int
        }

        struct Token: Decodable {
            var version: Int
        }

        var status: String
        var channel: Named
        var member: Named
        var publications: [Publication]
        var transports: [Transport]
        var token: Token?
    }

    /// Publishes, watches, and asks for the first broadcast until a condition is true.
    private static func run(_ test: @escaping @Sendable (WholePath) async throws -> Void) async throws {
        try await WholePath.run {
            $0.adminKey = Redacted(key)
        } _: { path in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await path.publish(in: "studio") }
                try await test(path)
                group.cancelAll()
            }
        }
    }

    private static func report(_ path: WholePath, where isRight: (Report) -> Bool) async throws -> Report {
        let request = RawHTTP.request("GET", "/api/v1/broadcasts/1", ["Authorization: Bearer \(key)"])
        while true {
            let answer = try await RawHTTP.send(request, to: path.gatewayPort)
            if answer.status == 200 {
                let report = try JSONDecoder().decode(Report.self, from: Data(answer.body.utf8))
                if isRight(report) { return report }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("Room, member, publications, producers and viewers are those that SkyWay has")
    func truth() async throws {
        try await Self.run { path in
            let (session, records) = try await path.watch("studio")
            await records[.video]?.receives(20)
            let report = try await Self.report(path) { report in
                report.publications.count == 2 && report.publications.allSatisfy { $0.subscriptions == 1 }
                    && report.transports.allSatisfy { $0.packets > 0 }
            }
            #expect(report.status == "live" && report.token?.version == 3)
            let room = try await path.snapshot("studio")
            let member = try #require(room.members.first { $0.id == report.member.id })
            #expect(member.name == report.member.name && !member.isSFUBot)
            #expect(report.channel.id == room.id && report.channel.name == "studio")
            #expect(report.publications.map(\.kind) == ["audio", "video"])
            #expect(report.publications.map(\.codec) == ["opus", "H264"])
            let state = try await path.request("GET", "http://127.0.0.1:\(path.skyWayPort)/local/state")
            for publication in report.publications {
                let own = try #require(room.publications.first { $0.id == publication.publicationId })
                #expect(own.publisherID == member.id && own.contentType == publication.kind)
                let relay = try #require(room.publications.first { $0.id == publication.forwardingId })
                #expect(relay.origin == own.id)
                #expect(state.body.contains(publication.producerId))
            }
            #expect(report.transports.map(\.side) == ["publisher", "sfu"])
            #expect(report.transports.allSatisfy { $0.dtls == "connected" && $0.ice == "connected" })
            #expect(report.transports.allSatisfy { $0.address?.hasPrefix("127.0.0.1:") == true })
            await session.close()
            _ = try await Self.report(path) { $0.publications.allSatisfy { $0.subscriptions == 0 } }
        }
    }

    @Test("Connecting, live, recovering with its reason, and live again come in this order")
    func recovery() async throws {
        try await Self.run { path in
            let reader = EventReader(port: path.gatewayPort, key: Self.key)
            _ = try await Self.report(path) { $0.status == "live" }
            let states = { (text: String) in
                text.matches(of: /"status":"([a-z]+)"/).map { String($0.1) }.reduce(into: [String]()) { states, state in
                    if states.last != state { states.append(state) }
                }
            }
            let text = try await reader.read("/api/v1/broadcasts") { text in
                states(text).suffix(2) == ["recovering", "live"]
            } meanwhile: {
                let body = #"{"fault":"remove-bot","channel":"studio"}"#
                let request = RawHTTP.request(
                    "POST",
                    "/local/faults",
                    ["Content-Type: application/json"],
                    body: body
                )
                let answer = try await RawHTTP.send(request, to: path.skyWayPort)
                #expect(answer.status < 300)
            }
            #expect(states(text) == ["live", "recovering", "live"])
            #expect(text.contains(#""reason":"bot-removed""#))
            let events = try await reader.read("/api/v1/events", after: "0") { $0.contains("event: recovered") }
            let names = events.matches(of: /event: ([a-z-]+)/).map { String($0.1) }
            let own = names.filter { ["begun", "live", "recovered"].contains($0) }
            #expect(own == ["begun", "live", "recovered"] && names.contains("recovering"))
            let request = RawHTTP.request("GET", "/api/v1/status", ["Authorization: Bearer \(Self.key)"])
            let gateway = try await RawHTTP.send(request, to: path.gatewayPort)
            #expect(gateway.body.contains(#""bot-removed":{"begun":1,"done":1,"failed":0}"#), "\(gateway.body)")
        }
    }
}
