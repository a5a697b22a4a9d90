// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Testing

@testable import SkyWayLocal

/// How much of the usual story has happened when a test of the protocol begins.
enum Act: Int, Comparable {
    /// A socket is open.
    case connected
    /// Channel `$C`, named "studio", which the socket listens to: version 0.
    case channel
    /// Bot `$B`, member `$M`, named "obs", and its publication `$P`: version 3.
    case published
    /// Subscription `$S` of the bot and relay `$R`, with key `$K` and transport `$X`: version 5.
    case forwarded
    /// The producer is there.
    case produced
    /// Member `$V`, named "viewer", with the confirmed subscription `$W` to the relay: version 7.
    case watched

    static func < (left: Act, right: Act) -> Bool { left.rawValue < right.rawValue }
}

/// A test of the protocol in the page's own notation: requests and answers are JSON texts in which `$C`, `$M` and the
/// other letters of ``Act`` stand for ids.
struct Stage: Sendable {
    let server: LocalServer
    /// A client whose token allows everything.
    let rpc: RPCClient
    private(set) var ids: [String: String]

    init(_ server: LocalServer, _ rpc: RPCClient) {
        self.server = server
        self.rpc = rpc
        ids = ["A": TestTokens.appID, "T": rpc.token]
    }

    /// Gives an id a letter.
    mutating func name(_ letter: String, _ id: String?, _ location: SourceLocation = #_sourceLocation) throws {
        let known: String = try #require(id, sourceLocation: location)
        ids[letter] = known
    }

    /// A text with the ids in the place of their letters.
    func fill(_ text: String) -> String {
        text.replacing(/\$([A-Z][0-9]?)/) { ids[String($0.1)] ?? String($0.0) }
    }

    /// Calls a method.
    @discardableResult
    func call(_ method: String, _ params: String = "{}", by client: RPCClient? = nil) async throws -> JSONValue {
        let value = try JSONDecoder().decode([String: JSONValue].self, from: Data(fill(params).utf8))
        return try await (client ?? rpc).call(method, value)
    }

    /// Calls a method that is refused.
    func refusal(_ method: String, _ params: String, by client: RPCClient? = nil) async throws -> RPCClient.Refusal? {
        do {
            try await call(method, params, by: client)
            return nil
        } catch let refusal as RPCClient.Refusal {
            return refusal
        }
    }

    /// Sends a request to the REST side; an empty `token` sends none.
    @discardableResult
    func http(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        token: String? = nil
    ) async throws -> (status: Int, headers: [String: String], body: JSONValue?) {
        let token = token ?? rpc.token
        return try await server.http(
            method,
            fill(path),
            token: token.isEmpty ? nil : token,
            json: body.map(fill),
            headers: ["Origin": "http://localhost:3000"]
        )
    }

    /// Compares an answer with what the page says, letters standing for their ids.
    func expect(
        _ value: JSONValue?,
        _ shape: String,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let differences = try JSONShape(fill(shape)).differences(from: value)
        #expect(differences.isEmpty, sourceLocation: location)
    }

    /// Compares the data of the next event of a type, all others before it being taken.
    func expectEvent(
        _ type: String,
        _ shape: String,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        try expect(try await rpc.event(type), shape, location)
    }

    /// Forgets the events up to now.
    func forgetEvents() async throws {
        try await call("getServerUnixtime")
        await rpc.forgetEvents()
    }

    /// Runs a body with another client.
    @discardableResult
    func withClient<Result: Sendable>(
        scope: String? = nil,
        version: Int = 3,
        query: String = "",
        _ body: @Sendable (RPCClient) async throws -> Result
    ) async throws -> Result {
        var token = rpc.token
        if let scope { token = try await server.token(scope: fill(scope), version: version) }
        return try await server.withRPC(token: token, query: query, body)
    }
}

/// Runs a test on a server of its own, after part of the usual story.
func withStage<Result: Sendable>(
    _ act: Act = .channel,
    configure: (inout SkyWayLocalConfiguration) -> Void = { _ in },
    _ body: @Sendable (Stage) async throws -> Result
) async throws {
    try await withLocalServer(configure: configure) { server in
        try await server.withRPC { rpc in
            var stage = Stage(server, rpc)
            try await stage.play(to: act)
            try await stage.forgetEvents()
            _ = try await body(stage)
        }
    }
}

extension Stage {
    /// Lets the usual story happen as far as an act.
    mutating func play(to act: Act) async throws {
        if act >= .channel {
            try name("C", try await call("createChannel", #"{"name":"studio"}"#)["channel"]?["id"]?.string)
        }
        if act >= .published {
            let body = #"{"appId":"$A","channelId":"$C"}"#
            try name("B", try await http("POST", "/v4/bots", body).body?["id"]?.string)
            try name("M", try await join("obs"))
            try name("P", try await publish("Video"))
        }
        if act >= .forwarded { try await forward() }
        if act >= .produced {
            let path = "/v4/bots/$B/forwardings/$R/transports/producers"
            try #require(try await http("PUT", path, Self.producer).status == 200)
        }
        if act >= .watched {
            try name("V", try await join("viewer"))
            let body = #"{"channelId":"$C","subscriberId":"$V","publicationId":"$R"}"#
            try name("W", try await call("subscribeStream", body)["id"]?.string)
            try #require(try await http("POST", "/v4/confirm-subscription", Self.confirmation).status == 200)
        }
    }

    private mutating func forward() async throws {
        let started = try await http("POST", "/v4/bots/$B/forwardings", Self.forwarding).body
        try name("R", started?["forwardingId"]?.string)
        try name("K", started?["identifierKey"]?.string)
        try name("X", started?["broadcasterTransportId"]?.string)
        let channel = try await call("getChannel", #"{"id":"$C"}"#)
        try name("S", channel["channel"]?["subscriptions"]?.array?.first?["id"]?.string)
    }

    /// Lets a person join the channel.
    func join(_ name: String, by client: RPCClient? = nil) async throws -> String {
        let person = #"{"channelId":"$C","name":"\#(name)","type":"Person","subtype":"Person"}"#
        return try #require(try await call("addMember", person, by: client)["memberId"]?.string)
    }

    /// Lets `$M` publish.
    func publish(_ contentType: String, by client: RPCClient? = nil) async throws -> String {
        let stream = """
            {"channelId":"$C","publisherId":"$M","contentType":"\(contentType)","type":"sfu","isEnabled":true,
             "codecCapabilities":[{"mimeType":"video/h264"}],"encodings":[{"id":"low"},{"id":"high"}]}
            """
        return try #require(try await call("publishStream", stream, by: client)["id"]?.string)
    }

    /// The body that starts forwarding `$P`.
    static let forwarding = """
        {"publicationId":"$P","maxSubscribers":10,"contentType":"Video","publisherId":"$M","forceTCP":false}
        """
    /// The body that makes the producer.
    static let producer = """
        {"transportId":"$X","producerOptions":{"kind":"video","rtpParameters":\(ORTCFixtures.h264),
         "appData":{"transactionId":"x"}}}
        """
    /// The body that confirms `$W`.
    static let confirmation = #"{"forwardingId":"$R","subscriptionId":"$W","identifierKey":"$K"}"#
    /// The body that lets `$V` consume, with the router's own capabilities, as the SDK does the first time.
    static let consumer = """
        {"rtpCapabilities":\(JSONText.encode(ORTCFixtures.router)),"subscriptionId":"$W","subscriberId":"$V",
         "originPublicationId":"$P","forceTCP":false}
        """
    /// The path of consumers of `$R`.
    static let consumers = "/v4/bots/$B/forwardings/$R/transports/consumers"
    /// The body that connects `$X`.
    static let connection = """
        {"transportId":"$X","dtlsParameters":{"role":"client","fingerprints":
         [{"algorithm":"sha-256","value":"\(Array(repeating: "AB", count: 32).joined(separator: ":"))"}]}}
        """
}
