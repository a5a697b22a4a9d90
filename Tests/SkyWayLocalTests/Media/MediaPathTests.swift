// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTC
import RTCDriver
import Testing

@testable import SkyWayLocal

/// Real packets through the SFU (protocol page §§7.5–7.7).
@Suite(.timeLimit(.minutes(1))) struct MediaPathTests {
    @Test("A consumer gets the producer's frames from a key frame on, without a gap, as it was told")
    func consumer() async throws {
        try await withMediaServer { server in
            try await MediaClient.run { client in
                try await server.withRPC { rpc in
                    let broadcast = try await Broadcast.start(rpc, on: server, client: client)
                    let studio = broadcast.studio
                    let viewer = try await rpc.join(studio.channelID, name: "viewer")
                    let subscription = try await rpc.subscribe(studio.channelID, viewer, studio.forwardingID)
                    try await studio.confirm(subscription, on: server, token: rpc.token)
                    let answer = try await studio.consume(subscription, by: viewer, on: server, token: rpc.token)
                    let body = try #require(answer.body)
                    let parameters = try #require(body["consumerOptions"]?["rtpParameters"])
                    let ssrc = try #require(parameters["encodings"]?.array?.first?["ssrc"]?.integer)
                    var recording: FrameRecorder.Record?
                    _ = try await client.open(try #require(body["transportOptions"])) { session in
                        recording = try await client.record(on: session, payloadType: 101, mid: "0", midID: 1)
                    }
                    let record = try #require(recording)
                    try await server.connect(
                        try #require(body["transportId"]?.string),
                        client: client,
                        token: rpc.token
                    )
                    try await record.received(100)

                    let frames = record.frames
                    let first = try #require(frames.first)
                    #expect(first.isKeyFrame)
                    #expect(broadcast.wishes.value >= 1)
                    #expect(frames.map(\.number) == (0..<frames.count).map { first.number + UInt32($0) })
                    #expect(
                        frames.map(\.sequenceNumber) == (0..<frames.count).map { first.sequenceNumber &+ UInt16($0) }
                    )
                    #expect(frames.allSatisfy { $0.payloadType == 101 && $0.ssrc == UInt32(ssrc) && $0.mid })
                }
            }
        }
    }

    @Test("A transport is ICE-lite, has credentials of 32 characters and one SHA-256 fingerprint")
    func options() async throws {
        try await withMediaServer { server in
            try await server.withRPC { rpc in
                let options = try #require(
                    try await Studio.open(rpc, on: server).started["broadcasterTransportOptions"]
                )
                #expect(options["iceParameters"]?["iceLite"] == .bool(true))
                #expect(options["iceParameters"]?["usernameFragment"]?.string?.count == 32)
                #expect(options["iceParameters"]?["password"]?.string?.count == 32)
                let candidate = try #require(options["iceCandidates"]?.array?.first)
                #expect(candidate["foundation"] == .string("udpcandidate"))
                #expect(candidate["type"] == .string("host") && candidate["protocol"] == .string("udp"))
                #expect(candidate["priority"] == .integer(64 << 24 | 10_000 << 8 | 255))
                #expect(candidate["tcpType"] == nil && candidate["ip"] == candidate["address"])
                #expect(options["dtlsParameters"]?["role"] == .string("auto"))
                let stream = try #require(options["iceCandidates"]?.array?.last)
                #expect(stream["foundation"] == .string("tcpcandidate"))
                #expect(stream["protocol"] == .string("tcp") && stream["tcpType"] == .string("passive"))
                #expect(stream["priority"] == .integer(64 << 24 | 9_900 << 8 | 255))
                #expect(stream["port"] == candidate["port"] && stream["address"] == candidate["address"])
                #expect(options["iceCandidates"]?.array?.count == 2)
                let fingerprints = options["dtlsParameters"]?["fingerprints"]?.array
                #expect(fingerprints?.map { $0["algorithm"]?.string } == ["sha-256"])
            }
        }
    }

    @Test("forceTCP leaves the TCP candidates alone, for who sends and for who receives (endpoints 3 and 7)")
    func forceTCP() async throws {
        try await withMediaServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                #expect(try await studio.produce(on: server, token: rpc.token).status == 200)
                let sender = try await rpc.join(studio.channelID, name: "sender")
                let origin = try await rpc.publish(studio.channelID, sender, "Video")
                let started = try await server.http(
                    "POST",
                    "/v4/bots/\(studio.botID)/forwardings",
                    token: rpc.token,
                    json: """
                        {"publicationId":"\(origin)","maxSubscribers":10,"contentType":"Video",
                         "publisherId":"\(sender)","forceTCP":true}
                        """
                )
                let viewer = try await rpc.join(studio.channelID, name: "viewer")
                let subscription = try await rpc.subscribe(studio.channelID, viewer, studio.forwardingID)
                try await studio.confirm(subscription, on: server, token: rpc.token)
                let consumed = try await server.http(
                    "POST",
                    "/v4/bots/\(studio.botID)/forwardings/\(studio.forwardingID)/transports/consumers",
                    token: rpc.token,
                    json: """
                        {"rtpCapabilities":\(JSONText.encode(ORTCFixtures.router)),"subscriptionId":"\(subscription)",
                         "subscriberId":"\(viewer)","originPublicationId":"\(studio.originID)","forceTCP":true}
                        """
                )
                for options in [started.body?["broadcasterTransportOptions"], consumed.body?["transportOptions"]] {
                    let candidates = try #require(options?["iceCandidates"]?.array)
                    #expect(candidates.map { $0["protocol"] } == [.string("tcp")])
                    #expect(candidates.map { $0["priority"] } == [.integer(64 << 24 | 9_900 << 8 | 255)])
                }
            }
        }
    }

    @Test("DTLS waits for the connect call, whatever arrives before it")
    func connectFirst() async throws {
        try await withMediaServer { server in
            try await MediaClient.run { client in
                try await server.withRPC { rpc in
                    let studio = try await Studio.open(rpc, on: server)
                    let session = try await client.open(try #require(studio.started["broadcasterTransportOptions"]))
                    var events = session.events.makeAsyncIterator()
                    while let event = await events.next() {
                        if case .selected = event { break }
                        if case .connected = event { Issue.record("connected without connect") }
                    }
                    try await server.connect(studio.transportID, client: client, token: rpc.token)
                    var isConnected = false
                    while !isConnected, let event = await events.next() {
                        if case .connected = event { isConnected = true }
                    }
                    #expect(isConnected)
                }
            }
        }
    }

    @Test("A client with another certificate than it said is not let in")
    func wrongFingerprint() async throws {
        try await withMediaServer { server in
            try await MediaClient.run { client in
                try await server.withRPC { rpc in
                    let studio = try await Studio.open(rpc, on: server)
                    let session = try await client.open(try #require(studio.started["broadcasterTransportOptions"]))
                    let value = Array(repeating: "AB", count: 32).joined(separator: ":")
                    let answer = try await server.http(
                        "PUT",
                        "/v4/transports/connections",
                        token: rpc.token,
                        json: """
                            {"transportId":"\(studio.transportID)","dtlsParameters":{"role":"client",
                             "fingerprints":[{"algorithm":"sha-256","value":"\(value)"}]}}
                            """
                    )
                    #expect(answer.status == 200)
                    for await event in session.events {
                        if case .connected = event { continue }
                        if case .closed = event { break }
                    }
                    // The dead transport is not handed out again.
                    let second = try await rpc.publish(studio.channelID, studio.publisherID, "Video")
                    let started = try await server.startForwarding(
                        second,
                        of: studio.publisherID,
                        by: studio.botID,
                        token: rpc.token
                    )
                    #expect(started["broadcasterTransportId"]?.string != studio.transportID)
                    #expect(started["broadcasterTransportOptions"] != nil)
                }
            }
        }
    }

    @Test("A member that leaves takes its transport with it, said by close_notify")
    func leaving() async throws {
        try await withMediaServer { server in
            try await MediaClient.run { client in
                try await server.withRPC { rpc in
                    let broadcast = try await Broadcast.start(rpc, on: server, client: client)
                    for await event in broadcast.session.events {
                        if case .connected = event { break }
                    }
                    try await rpc.call(
                        "removeMember",
                        [
                            "channelId": .string(broadcast.studio.channelID),
                            "id": .string(broadcast.studio.publisherID),
                        ]
                    )
                    var reason: SessionCloseReason?
                    for await event in broadcast.session.events {
                        if case .closed(let why) = event { reason = why }
                    }
                    #expect(reason == .remote)
                }
            }
        }
    }
}
