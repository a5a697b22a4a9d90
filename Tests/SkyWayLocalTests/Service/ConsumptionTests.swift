// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// What a viewer goes through (protocol page §§3.4, 3.5).
@Suite(.timeLimit(.minutes(1))) struct ConsumptionTests {
    @Test("A confirmed subscriber gets a consumer in the router's terms and transport options the first time")
    func consumer() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                let producer = try await studio.produce(on: server, token: rpc.token)
                let viewer = try await rpc.join(studio.channelID, name: "viewer")
                let subscription = try await rpc.subscribe(studio.channelID, viewer, studio.forwardingID)
                let confirmed = try await studio.confirm(subscription, on: server, token: rpc.token)
                #expect(confirmed.status == 200 && confirmed.body?["message"] == .string("success"))
                #expect(confirmed.body?["operationId"]?.string.map(Identifier.isUUID) == true)

                let answer = try await studio.consume(subscription, by: viewer, on: server, token: rpc.token)
                #expect(answer.status == 200)
                let options = try #require(answer.body?["consumerOptions"])
                #expect(options["kind"] == .string("video"))
                #expect(options["producerId"] == producer.body?["producerId"])
                #expect(options["rtpParameters"]?["mid"] == .string("0"))
                #expect(options["rtpParameters"]?["codecs"]?.array?.first?["payloadType"] == .integer(103))
                #expect(answer.body?["transportOptions"]?["id"] == answer.body?["transportId"])
                #expect(answer.body?["transportId"]?.string != studio.transportID)

                let again = try await studio.consume(subscription, by: viewer, on: server, token: rpc.token)
                #expect(again.body == answer.body)
                let started = try #require(await server.engine.consumers.first)
                #expect(await server.engine.consumers.count == 1)
                #expect(started.payloadTypes == [96: 103])
            }
        }
    }

    @Test("§9 consumer: its place is free again when its subscriber unsubscribes or leaves")
    func maximumSubscribers() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server, maxSubscribers: 1)
                try await studio.produce(on: server, token: rpc.token)
                var subscriptions: [(viewer: String, subscription: String)] = []
                for name in ["a", "b", "c"] {
                    let viewer = try await rpc.join(studio.channelID, name: name)
                    let subscription = try await rpc.subscribe(studio.channelID, viewer, studio.forwardingID)
                    try await studio.confirm(subscription, on: server, token: rpc.token)
                    subscriptions.append((viewer, subscription))
                }
                func consume(_ index: Int) async throws -> Int {
                    try await studio.consume(
                        subscriptions[index].subscription,
                        by: subscriptions[index].viewer,
                        on: server,
                        token: rpc.token
                    ).status
                }
                #expect(try await consume(0) == 200)
                #expect(try await consume(1) == 429)
                #expect(try await consume(0) == 200)
                try await rpc.call(
                    "unsubscribeStream",
                    [
                        "channelId": .string(studio.channelID),
                        "subscriptionId": .string(subscriptions[0].subscription),
                    ]
                )
                #expect(try await consume(1) == 200)
                try await rpc.call(
                    "removeMember",
                    ["channelId": .string(studio.channelID), "id": .string(subscriptions[1].viewer)]
                )
                #expect(try await consume(2) == 200)
                try await server.engine.saw("stop consumer")
                try await server.engine.saw("close")
            }
        }
    }

    @Test("A producer without a cname gets one: a browser takes no track whose stream has no name")
    func missingName() async throws {
        let router = SFURouter(codecs: RouterCodec.standard, engine: SimulatedEngine())
        let (transportID, producerID) = try await produceSimulcast(on: router)
        let consumer = try await router.consume(
            producerID,
            on: transportID,
            capabilities: ORTCFixtures.router,
            spatialLayer: nil
        )
        #expect(consumer.rtpParameters.rtcp.cname?.count == 8)
    }

    private func produceSimulcast(on router: SFURouter) async throws -> (transportID: String, producerID: String) {
        let owner = TransportOwner(memberID: "m", direction: .sending)
        let (transportID, _) = try await router.transport(of: owner, for: "x", opening: TransportOpening())
        let options = ProducerOptions(
            kind: .video,
            rtpParameters: try ORTCFixtures.parameters(ORTCFixtures.simulcastVP8)
        )
        return (transportID, try await router.produce(options, on: transportID))
    }

    @Test("Whatever the viewer asks for, the encoding stays within those there are")
    func layers() async throws {
        let engine = SimulatedEngine()
        let router = SFURouter(codecs: RouterCodec.standard, engine: engine)
        let (transportID, producerID) = try await produceSimulcast(on: router)
        let consumer = try await router.consume(
            producerID,
            on: transportID,
            capabilities: ORTCFixtures.router,
            spatialLayer: 7
        )
        for layer in [-1, 0, 1, 3] {
            try await router.selectLayer(layer, ofConsumer: consumer.id, transportID: transportID)
        }
        #expect(
            await engine.log.suffix(5) == [
                "consume video encoding 2", "encoding 0", "encoding 0", "encoding 1", "encoding 2",
            ]
        )
    }
}
