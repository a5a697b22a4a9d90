// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver
import SkyWayLocal
import Testing
import WHIPClient

@testable import Gateway
@testable import SkyWay

@Suite("The whole path on loopback", .serialized, .timeLimit(.minutes(1)))
struct WholePathTests {
    @Test("What is published by WHIP arrives at a viewer by WHEP, without a gap")
    func arrives() async throws {
        try await WholePath.run { path in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await path.publish(in: "studio") }
                let (session, records) = try await path.watch("studio")
                for kind in MediaKind.allCases {
                    let record = try #require(records[kind])
                    await record.receives(100)
                    let numbers = record.numbers
                    let steps = zip(numbers, numbers.dropFirst()).map { $1 - $0 }
                    #expect(steps.allSatisfy { $0 == 1 }, "\(kind)")
                }
                let live = try await path.request("GET", "http://127.0.0.1:\(path.gatewayPort)/api/v1/live")
                #expect(live.body.contains(#""state":"live""#))
                await session.close()
                group.cancelAll()
            }
            try await nobodyIsLeft(in: "studio", path)
        }
    }

    @Test("Ten at once in one room are ten members; one that leaves disturbs no other, and all leave nothing")
    func ten() async throws {
        try await WholePath.run { path in
            let (published, publishing) = AsyncStream<WHIPAddress>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        await path.publish(in: "studio") { publishing.yield($0) }
                    }
                }
                var sessions: [WHIPAddress] = []
                for await session in published.prefix(10) { sessions.append(session) }
                let members = try await path.snapshot("studio").members.filter { !$0.isSFUBot }
                #expect(members.count == 10)
                let names = members.compactMap(\.name)
                #expect(Set(names).count == 10)

                // One of the two may be the one that leaves.
                var watched: [NumberedSink.Record] = []
                for name in names.prefix(2) {
                    let record = try #require(try await path.watch("studio", member: name).1[.video])
                    await record.receives(20)
                    watched.append(record)
                }
                let deleted = sessions[0]
                #expect(try await path.request("DELETE", deleted.text).status == 200)
                let left = try await path.snapshot("studio").members.filter { !$0.isSFUBot }.compactMap(\.name)
                for (name, record) in zip(names, watched) where left.contains(name) {
                    await record.receives(50)
                    let steps = zip(record.numbers, record.numbers.dropFirst()).map { $1 - $0 }
                    #expect(steps.allSatisfy { $0 == 1 })
                }
                #expect(try await path.request("DELETE", deleted.text).status == 404)
                group.cancelAll()
            }
            try await nobodyIsLeft(in: "studio", path)
        }
    }

    @Test("A token that SkyWay refuses is told as such, at once, and leaves nothing")
    func refusedToken() async throws {
        try await WholePath.run {
            let secret = Redacted("another-secret-that-nobody-knows-anything-about")
            $0.skyWay.tokens = .secret(appID: LocalApplication.development.id, secret)
        } _: { path in
            let (response, elapsed) = try await post(to: path)
            #expect(response.status == 502)
            #expect(response.body.contains("skyway-token-refused"))
            #expect(elapsed < .seconds(5))
        }
    }

    @Test("A SkyWay that is not there, or that does not answer, is told as such within 5 s", arguments: [true, false])
    func deadSkyWay(isListening: Bool) async throws {
        let listener = try SilentListener(isListening: isListening)
        defer { listener.close() }
        try await WholePath.run {
            $0 = WholePath.gatewayConfiguration(skyWayPort: listener.port)
        } _: { path in
            let (response, elapsed) = try await post(to: path)
            #expect(response.status == 502 || response.status == 504)
            #expect(response.body.contains("problem:skyway-"))
            #expect(elapsed < .seconds(5))
        }
    }

    private func post(to path: WholePath) async throws -> ((status: Int, body: String), Duration) {
        let began = ContinuousClock.now
        let url = "http://127.0.0.1:\(path.gatewayPort)/whip/studio"
        let response = try await path.request("POST", url, body: Offers.obs())
        return (response, ContinuousClock.now - began)
    }

    private func nobodyIsLeft(in room: String, _ path: WholePath) async throws {
        var snapshot = try await path.snapshot(room)
        for _ in 0..<100 where !snapshot.publications.isEmpty || snapshot.members.contains(where: { !$0.isSFUBot }) {
            try await Task.sleep(for: .milliseconds(50))
            snapshot = try await path.snapshot(room)
        }
        #expect(snapshot.publications.isEmpty)
        #expect(snapshot.subscriptions.isEmpty)
        let people = snapshot.members.filter { !$0.isSFUBot }
        #expect(people.isEmpty)
    }
}
