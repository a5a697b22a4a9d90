// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTCCrypto
import RTCDriver
import Testing

@testable import SkyWayLocal

/// A studio on the air: its publisher sends numbered VP8 frames and confirms every subscription.
struct Broadcast: Sendable {
    let studio: Studio
    let session: MediaSession
    let wishes: NumberedFrames.Wishes

    /// Goes on the air; the RTC API's client is the publisher's.
    static func start(_ rpc: RPCClient, on server: LocalServer, client: MediaClient) async throws -> Broadcast {
        let studio = try await Studio.open(rpc, on: server)
        let session = try await client.open(try #require(studio.started["broadcasterTransportOptions"]))
        try await server.connect(studio.transportID, client: client, token: rpc.token)
        let produced = try await server.http(
            "PUT",
            "/v4/bots/\(studio.botID)/forwardings/\(studio.forwardingID)/transports/producers",
            token: rpc.token,
            json: """
                {"transportId":"\(studio.transportID)","producerOptions":{"kind":"video","rtpParameters":{
                 "codecs":[{"mimeType":"video/VP8","payloadType":96,"clockRate":90000,
                            "rtcpFeedback":[{"type":"nack","parameter":"pli"}]}],
                 "encodings":[{"ssrc":4242}],"rtcp":{"cname":"client"}}}}
                """
        )
        #expect(produced.status == 200)
        let wishes = NumberedFrames.Wishes()
        try await client.publish(on: session, ssrc: 4242, wishes: wishes)
        return Broadcast(studio: studio, session: session, wishes: wishes)
    }

    /// Confirms subscriptions of the relay as they come, until cancelled.
    func confirmAll(_ rpc: RPCClient, on server: LocalServer) async throws {
        while !Task.isCancelled {
            let event = try await rpc.event("StreamSubscribed")
            guard event["subscription"]?["publicationId"]?.string == studio.forwardingID else { continue }
            let id = try #require(event["subscription"]?["id"]?.string)
            try await studio.confirm(id, on: server, token: rpc.token)
        }
    }
}

extension LocalServer {
    /// Connects a transport with a client's certificate.
    func connect(_ transportID: String, client: MediaClient, token: String) async throws {
        let fingerprint = try client.fingerprint
        let answer = try await http(
            "PUT",
            "/v4/transports/connections",
            token: token,
            json: """
                {"transportId":"\(transportID)","dtlsParameters":{"role":"client",
                 "fingerprints":[{"algorithm":"sha-256","value":"\(fingerprint.text)"}]}}
                """
        )
        #expect(answer.status == 200)
    }
}
