// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTCDriver
import Testing

@testable import SkyWayLocal

@Suite("Faults of the SFU", .timeLimit(.minutes(1)))
struct SFUFaultTests {
    @Test("A key is called invalid so many times, and is good again")
    func identifierKey() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                let viewer = try await rpc.join(studio.channelID, name: "viewer")
                let subscription = try await rpc.subscribe(studio.channelID, viewer, studio.forwardingID)
                try await server.faults.inject(Fault(.invalidIdentifierKey, ["count": 2]))
                for _ in 0..<2 {
                    let refused = try await studio.confirm(subscription, on: server, token: rpc.token)
                    #expect(refused.status == 400)
                    #expect(refused.body?["message"] == "IdentifierKey is invalid")
                }
                #expect(try await studio.confirm(subscription, on: server, token: rpc.token).status == 200)
            }
        }
    }

    @Test("A confirmation is acknowledged at once and takes effect late; the next one does at once")
    func confirmation() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                try await studio.produce(on: server, token: rpc.token)
                var subscriptions: [(viewer: String, id: String)] = []
                for name in ["first", "second"] {
                    let viewer = try await rpc.join(studio.channelID, name: name)
                    let id = try await rpc.subscribe(studio.channelID, viewer, studio.forwardingID)
                    subscriptions.append((viewer, id))
                }
                let (late, prompt) = (subscriptions[0], subscriptions[1])
                try await server.faults.inject(Fault(.delayConfirmations, ["seconds": 3]))
                #expect(try await studio.confirm(late.id, on: server, token: rpc.token).status == 200)
                #expect(try await studio.confirm(prompt.id, on: server, token: rpc.token).status == 200)
                let served = try await studio.consume(prompt.id, by: prompt.viewer, on: server, token: rpc.token)
                #expect(served.status == 200)
                #expect(try await Self.isConfirmed(late.id, on: server) == false)
                server.clock.advance(milliseconds: 2_999)
                #expect(try await Self.isConfirmed(late.id, on: server) == false)
                server.clock.advance(milliseconds: 1)
                while try await Self.isConfirmed(late.id, on: server) == false {
                    try await Task.sleep(for: .milliseconds(2))
                }
            }
        }
    }

    private static func isConfirmed(_ subscriptionID: String, on server: LocalServer) async throws -> Bool {
        let state = try await server.http("GET", "/local/state", token: nil).body
        let subscriptions = state?["channels"]?.array?.first?["subscriptions"]?.array
        let subscription = try #require(subscriptions?.first { $0["id"]?.string == subscriptionID })
        return subscription["isConfirmed"] == .bool(true)
    }

    @Test("The second forwarding of a member gets another transport, a repetition the same, and the third the first")
    func secondTransport() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                let (channelID, publisherID) = (studio.channelID, studio.publisherID)
                try await server.faults.inject(Fault(.secondTransport))
                var started: [JSONValue] = []
                for _ in 0..<2 {
                    let publication = try await rpc.publish(channelID, publisherID, "Video")
                    let first = try await server.startForwarding(
                        publication,
                        of: publisherID,
                        by: studio.botID,
                        token: rpc.token
                    )
                    let again = try await server.startForwarding(
                        publication,
                        of: publisherID,
                        by: studio.botID,
                        token: rpc.token
                    )
                    #expect(again == first)
                    started.append(first)
                }
                let second = try #require(started[0]["broadcasterTransportId"]?.string)
                #expect(second != studio.transportID)
                #expect(started[0]["broadcasterTransportOptions"]?["id"]?.string == second)
                #expect(started[1]["broadcasterTransportId"]?.string == studio.transportID)
                #expect(started[1]["broadcasterTransportOptions"] == nil)
                try await rpc.call(
                    "removeMember",
                    ["channelId": .string(channelID), "id": .string(publisherID)]
                )
                while await server.engine.log.count(where: { $0 == "close" }) < 2 {
                    try await Task.sleep(for: .milliseconds(2))
                }
            }
        }
    }

    @Test("What goes wrong on a transport's way is what was said, there and later, and nowhere else")
    func impairments() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let cap = try Fault(
                    .capMedia,
                    ["direction": "sending", "incoming": 500, "outgoing": 64.5, "queue": 1000, "seconds": 9]
                )
                try await server.faults.inject(cap)
                let studio = try await Studio.open(rpc, on: server)
                let loss = try Fault(
                    .loseMedia,
                    ["member": "obs", "direction": "sending", "incoming": 12.5, "seed": 3]
                )
                let lossID = try #require(try await server.faults.inject(loss))
                try await server.faults.inject(Fault(.ignoreSTUN, ["direction": "receiving"]))
                var expected = Impairment()
                expected.incoming.rate = .init(bitsPerSecond: 500_000, burst: 16_384, queue: 1_000)
                expected.outgoing.rate = .init(bitsPerSecond: 64_500, burst: 16_384, queue: 1_000)
                expected.incoming.loss = .init(share: 0.125, seed: 3)
                #expect(await server.engine.impairments == [studio.transportID: expected])
                await server.faults.clear(lossID)
                expected.incoming.loss = nil
                #expect(await server.engine.impairments == [studio.transportID: expected])
                server.clock.advance(seconds: 9)
                while await !server.engine.impairments.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
                #expect(server.faults.inForce.map { $0["fault"] } == ["ignore-stun"])
            }
        }
    }
}
