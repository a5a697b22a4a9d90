// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

@Suite("What a server shows of itself", .timeLimit(.minutes(1)))
struct StateTests {
    @Test("The state names sockets, members, streams, their confirmation and the transports")
    func everything() async throws {
        try await withLocalServer { server in
            try await server.withRPC(query: "?contextId=c&leaveWhenDisconnected=true") { rpc in
                let studio = try await Studio.open(rpc, on: server)
                try await studio.produce(on: server, token: rpc.token)
                let viewer = try await rpc.call(
                    "addMember",
                    [
                        "channelId": .string(studio.channelID), "name": "viewer", "type": "Person",
                        "subtype": "Person", "ttlSec": .integer(server.clock.seconds + 30),
                    ]
                )
                let viewerID = try #require(viewer["memberId"]?.string)
                let subscription = try await rpc.subscribe(studio.channelID, viewerID, studio.forwardingID)
                try await studio.confirm(subscription, on: server, token: rpc.token)
                _ = try await studio.consume(subscription, by: viewerID, on: server, token: rpc.token)
                try await server.faults.inject(Fault(.expireTokens))
                server.clock.advance(seconds: 10)

                let answer = try await server.http("GET", "/local/state", token: nil)
                #expect(answer.headers["cache-control"] == "no-store")
                let state = try #require(answer.body)
                #expect(state["time"] == .integer(server.clock.seconds * 1000))
                let connection = try #require(state["connections"]?.array?.first)
                #expect(connection["contextId"] == "c" && connection["leavesWhenDisconnected"] == .bool(true))
                #expect(connection["channels"] == [.string(studio.channelID)])
                let channel = try #require(state["channels"]?.array?.first)
                #expect(channel["name"] == "studio")
                let members = try #require(channel["members"]?.array)
                #expect(members.map { $0["type"] } == ["Bot", "Person", "Person"])
                #expect(members.map { $0["ttl"] } == [nil, nil, 20])
                let publications = try #require(channel["publications"]?.array)
                #expect(publications.map { $0["origin"] } == [nil, .string(studio.originID)])
                let subscriptions = try #require(channel["subscriptions"]?.array)
                #expect(subscriptions.map { $0["isConfirmed"] } == [nil, .bool(true)])
                #expect(subscriptions.last?["consumerId"] != nil)
                let forwarding = try #require(channel["forwardings"]?.array?.first)
                #expect(forwarding["transportId"] == .string(studio.transportID) && forwarding["confirmed"] == 1)
                let transports = try #require(state["transports"]?.array)
                #expect(Set(transports.map { $0["direction"] }) == ["sending", "receiving"])
                let sending = transports.first { $0["direction"] == "sending" }
                #expect(sending?["memberId"] == .string(studio.publisherID))
                #expect(sending?["producers"]?.array?.first?["codec"] == "video/H264")
                #expect(state["faults"]?.array?.map { $0["fault"] } == ["expire-tokens"])
                // It tells ids, never what proves anything.
                #expect(!"\(state)".contains(studio.identifierKey) && !"\(state)".contains(rpc.token))
            }
        }
    }

    @Test("Numbers come from the transports themselves")
    func media() async throws {
        try await withMediaServer { server in
            try await MediaClient.run { client in
                try await server.withRPC { rpc in
                    _ = try await Broadcast.start(rpc, on: server, client: client)
                    var transport: JSONValue?
                    repeat {
                        try await Task.sleep(for: .milliseconds(2))
                        let state = try await server.http("GET", "/local/state", token: nil).body
                        transport = state?["transports"]?.array?.first
                    } while (transport?["packetsReceived"]?.integer ?? 0) < 50
                    #expect(transport?["isConnected"] == .bool(true))
                    #expect(transport?["remoteAddress"]?.string?.hasPrefix("127.0.0.1:") == true)
                    #expect((transport?["bytesReceived"]?.integer ?? 0) > 50 * 30)
                    #expect(transport?["candidates"]?.array?.isEmpty == false)
                    let layer = transport?["producers"]?.array?.first?["layers"]?.array?.first
                    #expect(layer?["encoding"] == 0 && (layer?["packets"]?.integer ?? 0) >= 49)
                }
            }
        }
    }

    @Test(
        "The page and what it loads come with their types and a policy",
        arguments: [
            ("/local", "text/html"), ("/local/assets/state.css", "text/css"),
            ("/local/assets/state.js", "text/javascript"), ("/local/assets/state-text.js", "text/javascript"),
            ("/local/assets/state-view.js", "text/javascript"),
        ]
    )
    func page(path: String, type: String) async throws {
        try await withLocalServer { server in
            let answer = try await server.http("GET", path, token: nil)
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"]?.hasPrefix(type) == true)
            #expect(answer.headers["content-security-policy"]?.contains("frame-ancestors 'none'") == true)
            #expect(try await server.http("GET", "/local/assets/none.js", token: nil).status == 404)
        }
    }
}
