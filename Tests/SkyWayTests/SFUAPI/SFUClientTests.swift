// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import HTTPKit
import SkyWay
import Testing

@Suite("SFU and ICE parameter clients (protocol page §3, §4)", .timeLimit(.minutes(1)))
struct SFUClientTests {
    private let forwarding = "POST /v4/bots/B/forwardings"
    private let connections = "PUT /v4/transports/connections"

    private func token() async throws -> AuthToken {
        let minter = TokenMinter(appID: "A", secret: Redacted("secret"))
        return try await minter.mint(
            for: .init(channel: .name("studio-1"), memberName: "obs"),
            lifetime: .seconds(60)
        )
    }

    private func withClient<Result: Sendable>(
        _ service: ScriptedSkyWay,
        body: (SFUClient, AuthToken) async throws -> Result
    ) async throws -> Result {
        let token = try await token()
        return try await service.run { host in
            try await body(SFUClient(host: host, client: SkyWayLink.Clients.sharedHTTP), token)
        }
    }

    private let request = SFUClient.ForwardingRequest(
        publicationId: "PV",
        publisherId: "M",
        contentType: "Video",
        maxSubscribers: 99
    )

    @Test("a bot is asked for with the token's application, and the token as bearer")
    func bot() async throws {
        let service = ScriptedSkyWay(defaults: ["POST /v4/bots": ["id": "B"]])
        try await withClient(service) { client, token in
            #expect(try await client.createBot(channelID: "C", token: token) == "B")
            let call = try #require(await service.calls.first)
            #expect(call.parameters == ["appId": "A", "channelId": "C"])
            #expect(call.authorization == "Bearer \(token.encoded.exposed)")
        }
    }

    @Test("a first forwarding brings transport and capabilities, and further keys do not matter")
    func firstForwarding() async throws {
        let service = ScriptedSkyWay(defaults: [forwarding: try Fixture.decode("forwarding-first")])
        try await withClient(service) { client, token in
            let answer = try await client.startForwarding(botID: "B", publication: request, token: token)
            #expect(answer.identifierKey == "K-Audio")
            #expect(answer.rtpCapabilities?.codecs.isEmpty == false)
            let options = try #require(answer.broadcasterTransportOptions)
            #expect(options.iceParameters.password == String(repeating: "p", count: 32))
            #expect(options.iceCandidates.map(\.host) == ["198.51.100.7", "198.51.100.7"])
            #expect(options.dtlsParameters.fingerprints.map(\.algorithm) == ["sha-1", "sha-256"])
        }
        #expect(
            await service.parameters(forwarding) == [
                "publicationId": "PV", "publisherId": "M", "contentType": "Video", "maxSubscribers": 99,
                "forceTCP": false,
            ]
        )
    }

    @Test("a forwarding is tried again after a failure of the SFU")
    func retries() async throws {
        let service = ScriptedSkyWay(defaults: [forwarding: try Fixture.decode("forwarding-second")])
        await service.reply(forwarding, .failure(500), .failure(404), .failure(503))
        try await withClient(service) { client, token in
            let answer = try await client.startForwarding(botID: "B", publication: request, token: token)
            #expect(answer.broadcasterTransportOptions == nil)
        }
        #expect(await service.calls(forwarding).count == 4)
    }

    @Test(
        "a refused forwarding is not tried again",
        arguments: [
            (400, SkyWayError.Code.invalidRequest), (401, .tokenRefused), (403, .scopeMissing), (429, .rateLimited),
        ]
    )
    func refused(status: Int, code: SkyWayError.Code) async throws {
        let service = ScriptedSkyWay()
        await service.reply(forwarding, .failure(status, message: "no"))
        try await withClient(service) { client, token in
            let error = await #expect(throws: SkyWayError.self) {
                try await client.startForwarding(botID: "B", publication: request, token: token)
            }
            #expect(error?.code == code)
            #expect(error?.status == status)
            #expect(error?.detail.contains("no") == true)
        }
        #expect(await service.calls(forwarding).count == 1)
    }

    @Test("connecting a transport is asked for once, whatever comes of it")
    func connectOnce() async throws {
        let service = ScriptedSkyWay()
        await service.reply(connections, .failure(503))
        let parameters = SFUDTLSParameters(clientFingerprint: .init(algorithm: "sha-256", value: "AB:CD"))
        _ = try await withClient(service) { client, token in
            await #expect(throws: SkyWayError(.sfuFailure, .sfu)) {
                try await client.connectTransport(id: "X", dtlsParameters: parameters, token: token)
            }
        }
        #expect(await service.calls(connections).count == 1)
        #expect(
            await service.parameters(connections) == [
                "transportId": "X",
                "dtlsParameters": [
                    "role": "client", "fingerprints": [["algorithm": "sha-256", "value": "AB:CD"]],
                ],
            ]
        )
    }

    @Test("new ICE credentials are read, and a forwarding is deleted")
    func restartAndStop() async throws {
        let service = ScriptedSkyWay(defaults: [
            "PUT /v4/transports/connections/ice": ["iceParameters": ["usernameFragment": "u", "password": "p"]]
        ])
        try await withClient(service) { client, token in
            #expect(try await client.restartICE(transportID: "X", token: token).usernameFragment == "u")
            try await client.stopForwarding(botID: "B", forwardingID: "RV", token: token)
        }
        #expect(await service.names.last == "DELETE /v4/bots/B/forwardings/RV")
    }

    @Test(
        "a confirmation tells success from a refusal that passes",
        arguments: [
            (ScriptedSkyWay.Reply.result(["message": "success"]), true),
            (.result([:]), true),
            (.result(["message": "IdentifierKey is invalid"]), false),
            (.failure(400, message: "IdentifierKey is invalid"), false),
        ]
    )
    func confirmation(reply: ScriptedSkyWay.Reply, expected: Bool) async throws {
        let service = ScriptedSkyWay()
        await service.reply("POST /v4/confirm-subscription", reply)
        try await withClient(service) { client, token in
            let isDone = try await client.confirmSubscription(
                forwardingID: "RV",
                subscriptionID: "S2",
                identifierKey: "K",
                token: token
            )
            #expect(isDone == expected)
        }
        #expect(
            await service.parameters("POST /v4/confirm-subscription")
                == ["forwardingId": "RV", "subscriptionId": "S2", "identifierKey": "K"]
        )
    }

    @Test("ICE servers are read, with and without TURN")
    func iceServers() async throws {
        let path = "POST /v1/ice-params"
        let service = ScriptedSkyWay()
        let turn: JSONValue = ["domain": "t", "port": 443, "username": "u", "credential": "hidden"]
        await service.reply(
            path,
            .result(["stun": ["domain": "s", "port": 443], "turn": turn]),
            .result(["stun": ["domain": "s", "port": 3478]])
        )
        let token = try await token()
        try await service.run { host in
            let client = ICEParametersClient(host: host, client: SkyWayLink.Clients.sharedHTTP)
            let first = try await client.servers(channelID: "C", memberID: "M", token: token)
            #expect(first.turn?.credential.exposed == "hidden")
            #expect(!"\(first)".contains("hidden"))
            #expect(try await client.servers(channelID: "C", memberID: "M", token: token).turn == nil)
        }
        #expect(await service.parameters(path) == ["memberId": "M", "channelId": "C", "ttl": 86_400])
    }

    @Test("nobody there is unreachable")
    func unreachable() async throws {
        let token = try await token()
        let host = try await ScriptedSkyWay().run { $0 }
        let client = SFUClient(host: host, client: SkyWayLink.Clients.sharedHTTP)
        await #expect(throws: SkyWayError(.unreachable, .sfu)) {
            try await client.createBot(channelID: "C", token: token)
        }
    }
}
