// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

/// Protocol page §2.7: one test for each row of the errors that the SDK branches on.
@Suite(.timeLimit(.minutes(1))) struct ErrorRowTests {
    private static let person = #"{"channelId":"$C","type":"Person","subtype":"Person"}"#

    private func audio(_ publisher: String) -> String {
        #"{"channelId":"$C","publisherId":"\#(publisher)","contentType":"Audio"}"#
    }

    private func subscription(_ subscriber: String, _ publication: String) -> String {
        #"{"channelId":"$C","subscriberId":"\#(subscriber)","publicationId":"\#(publication)"}"#
    }

    @Test("§2.7 -32602: parameters that are missing, of another type or not allowed")
    func invalidParameters() async throws {
        try await withStage(.forwarded) { stage in
            let rows = [
                ("getChannel", "{}"), ("getChannel", #"{"id":7}"#), ("getChannel", #"{"id":null}"#),
                ("createChannel", #"{"name":"*"}"#), ("createChannel", #"{"name":"a b"}"#),
                ("createChannel", #"{"metadata":{}}"#),
                ("addMember", #"{"channelId":"$C","type":"Bot","subtype":"sfu"}"#),
                ("addMember", #"{"channelId":"$C","type":"Person","subtype":"Person","name":"a b"}"#),
                ("addMember", #"{"channelId":"$C","type":"Person","subtype":"Person","ttlSec":"soon"}"#),
                ("publishStream", #"{"channelId":"$C","publisherId":"$M","contentType":"Smell"}"#),
                ("publishStream", #"{"channelId":"$C","publisherId":"$M","contentType":"Audio","type":"mesh"}"#),
                ("publishStream", #"{"channelId":"$C","publisherId":"$M","contentType":"Audio","encodings":[7]}"#),
                ("subscribeChannelEvents", #"{"channelId":"$C","offset":"all"}"#),
            ]
            for (method, params) in rows {
                let outcome = try await stage.refusal(method, params)
                #expect(outcome?.code == -32602, "\(method) \(params)")
            }
        }
    }

    @Test("§2.7 -32602: a relay as origin is nested too much, which has no code of its own")
    func nestedTooMuch() async throws {
        try await withStage(.forwarded) { stage in
            let params = #"{"channelId":"$C","publisherId":"$M","contentType":"Video","origin":"$R"}"#
            let outcome = try await stage.refusal("publishStream", params)
            #expect(outcome?.code == -32602)
        }
    }

    @Test("§2.7 403 with 403000: what the token does not allow")
    func insufficientPermissions() async throws {
        try await withStage(.published) { stage in
            let scope = #"{"appId":"$A","rooms":[{"name":"other","methods":["create"]}]}"#
            try await stage.withClient(scope: scope) { other in
                let rows = [
                    ("getChannel", #"{"id":"$C"}"#), ("findOrCreateChannel", #"{"name":"studio"}"#),
                    ("addMember", Self.person), ("publishStream", audio("$M")),
                ]
                for (method, params) in rows {
                    let outcome = try await stage.refusal(method, params, by: other)
                    #expect(outcome == .init(code: 403, inner: 403_000))
                }
            }
        }
    }

    @Test("§2.7 403 in addMember: the room has its members")
    func membersPerRoom() async throws {
        try await withStage(.published) {
            $0.limits.members = 2
        } _: { stage in
            let refused = try await stage.refusal("addMember", Self.person)
            #expect(refused?.code == 403 && refused?.inner != 403_000)
        }
    }

    @Test("§2.7 403 with 403002: the room has its publications")
    func publicationsPerRoom() async throws {
        try await withStage(.published) {
            $0.limits.publications = 1
        } _: { stage in
            let outcome = try await stage.refusal("publishStream", audio("$M"))
            #expect(outcome == .init(code: 403, inner: 403_002))
        }
    }

    @Test("§2.7 403 with 403004: the member has its publications")
    func publicationsPerMember() async throws {
        try await withStage(.published) {
            $0.limits.publicationsOfMember = 1
        } _: { stage in
            #expect(try await stage.refusal("publishStream", audio("$M")) == .init(code: 403, inner: 403_004))
            let other = try await stage.join("other")
            try await stage.call("publishStream", audio(other))
        }
    }

    @Test("§2.7 403 with 403003: the room, or the publication, has its subscriptions")
    func subscriptionsPerRoom() async throws {
        try await withStage(.watched) {
            $0.limits.subscriptions = 2
        } _: { stage in
            let params = subscription("$M", "$R")
            let outcome = try await stage.refusal("subscribeStream", params)
            #expect(outcome == .init(code: 403, inner: 403_003))
        }
        try await withStage(.watched) {
            $0.limits.subscriptionsToPublication = 1
        } _: { stage in
            let params = subscription("$M", "$R")
            let outcome = try await stage.refusal("subscribeStream", params)
            #expect(outcome == .init(code: 403, inner: 403_003))
        }
    }

    @Test("§2.7 403 with 403006: the member has its subscriptions")
    func subscriptionsPerMember() async throws {
        try await withStage(.watched) {
            $0.limits.subscriptionsOfMember = 1
        } _: { stage in
            let params = subscription("$V", "$P")
            #expect(try await stage.refusal("subscribeStream", params) == .init(code: 403, inner: 403_006))
            try await stage.call("subscribeStream", subscription("$M", "$R"))
        }
    }

    @Test("§2.7 429: more requests than a socket may send in a second, until the second is over")
    func rateLimit() async throws {
        try await withLocalServer {
            $0.usage.requestsPerSecond = 3
        } _: { server in
            try await server.withRPC { rpc in
                for _ in 1...3 { try await rpc.call("getServerUnixtime") }
                await #expect(throws: RPCClient.Refusal(code: 429, inner: 429_000)) {
                    try await rpc.call("getServerUnixtime")
                }
                try await server.withRPC { other in try await other.call("getServerUnixtime") }
                server.clock.advance(seconds: 1)
                try await rpc.call("getServerUnixtime")
            }
        }
    }

    @Test("§2.7 429001 in updateAuthToken: the plan is used up; new sockets are closed with 4291")
    func usageLimit() async throws {
        try await withLocalServer {
            $0.usage.connections = 1
        } _: { server in
            try await server.withRPC { rpc in
                try await rpc.call("updateAuthToken")
                try await server.withRPC { refused in
                    await #expect(throws: RPCClient.Ended.self) { try await refused.receive() }
                    #expect(await refused.connection.closed().code == 4291)
                }
                await #expect(throws: RPCClient.Refusal(code: 429, inner: 429_001)) {
                    try await rpc.call("updateAuthToken")
                }
                try await rpc.call("getServerUnixtime")
            }
        }
    }

    @Test("§2.7 401 in updateAuthToken: a token that is refused, or for another application")
    func invalidAuthToken() async throws {
        let other = try LocalApplication(id: TestTokens.otherAppID, secret: String(repeating: "s", count: 40))
        try await withStage(.connected) {
            $0.applications.append(other)
        } _: { stage in
            let scope = #"{"appId":"\#(other.id)","rooms":[]}"#
            let foreign = try await TestTokens.sign(TestTokens.claims(scope: scope), secret: other.secret)
            let expired = try await TestTokens.allowingEverything(issuedAt: stage.server.clock.seconds - 7200)
            for token in ["a.b.c", foreign, expired] {
                let refused = try await stage.refusal("updateAuthToken", #"{"authToken":"\#(token)"}"#)
                #expect(refused == .init(code: 401, inner: 401_000))
            }
            try await stage.call("getServerUnixtime")
        }
    }

    @Test("§2.7 404 in channel methods and addMember: there is no such channel")
    func channelNotFound() async throws {
        try await withStage { stage in
            let rows = [
                ("getChannel", #"{"id":"none"}"#), ("getChannelByName", #"{"name":"none"}"#),
                ("deleteChannel", #"{"id":"none"}"#), ("updateChannelMetadata", #"{"id":"none","metadata":""}"#),
                ("subscribeChannelEvents", #"{"channelId":"none"}"#),
                ("addMember", #"{"channelId":"none","type":"Person","subtype":"Person"}"#),
            ]
            for (method, params) in rows {
                let outcome = try await stage.refusal(method, params)
                #expect(outcome == .init(code: 404, inner: 404_000), "\(method)")
            }
        }
    }

    @Test("§2.7 404 in member methods: there is no such member")
    func memberNotFound() async throws {
        try await withStage(.forwarded) { stage in
            let rows = [
                ("updateMemberTtl", #"{"channelId":"$C","memberId":"none","ttlSec":1790000000}"#),
                ("updateMemberMetadata", #"{"channelId":"$C","memberId":"none","metadata":""}"#),
                ("removeMember", #"{"channelId":"$C","id":"none"}"#), ("publishStream", audio("none")),
                ("subscribeStream", subscription("none", "$R")),
            ]
            for (method, params) in rows {
                let outcome = try await stage.refusal(method, params)
                #expect(outcome == .init(code: 404, inner: 404_001), "\(method)")
            }
        }
    }

    @Test("§2.7 404 in publication and subscription methods: there is no such publication or subscription")
    func publicationNotFound() async throws {
        try await withStage(.published) { stage in
            let named = #"{"channelId":"$C","publicationId":"none"}"#
            let rows = [
                ("unpublishStream", named), ("enablePublication", named), ("disablePublication", named),
                ("updatePublicationMetadata", #"{"channelId":"$C","publicationId":"none","metadata":""}"#),
                ("subscribeStream", subscription("$M", "none")),
                ("unsubscribeStream", #"{"channelId":"$C","subscriptionId":"none"}"#),
            ]
            for (method, params) in rows {
                let outcome = try await stage.refusal(method, params)
                #expect(outcome?.code == 404, "\(method)")
            }
        }
    }

    @Test("§2.7 409 in createChannel: the name is taken")
    func channelNameTaken() async throws {
        try await withStage { stage in
            let refused = try await stage.refusal("createChannel", #"{"name":"studio"}"#)
            #expect(refused == .init(code: 409, inner: 409_000))
        }
    }

    @Test("§2.7 409 in findOrCreateChannel: never, however many ask at once")
    func findOrCreateAtOnce() async throws {
        try await withStage(.connected) { stage in
            let found = try await withThrowingTaskGroup(of: JSONValue?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await stage.withClient { client in
                            try await stage.call("findOrCreateChannel", #"{"name":"studio"}"#, by: client)["channel"]
                        }
                    }
                }
                return try await group.reduce(into: Set<JSONValue?>()) { $0.insert($1) }
            }
            #expect(found.count == 1)
        }
    }

    @Test("§2.7 409 in addMember: the name is taken")
    func memberNameTaken() async throws {
        try await withStage(.published) { stage in
            let params = #"{"channelId":"$C","name":"obs","type":"Person","subtype":"Person"}"#
            let outcome = try await stage.refusal("addMember", params)
            #expect(outcome == .init(code: 409, inner: 409_001))
        }
    }

    @Test("§2.7 409 in subscribeStream: the member subscribes to it already")
    func alreadySubscribed() async throws {
        try await withStage(.watched) { stage in
            let refused = try await stage.refusal("subscribeStream", subscription("$V", "$R"))
            #expect(refused == .init(code: 409, inner: 409_002))
        }
    }

    @Test("§2.7 other codes: those of JSON-RPC for what is no request or no method")
    func otherCodes() async throws {
        try await withStage(.connected) { stage in
            let outcome = try await stage.refusal("fly", "{}")
            #expect(outcome == .init(code: -32601, inner: nil))
            await #expect(throws: RPCClient.Refusal(code: -32600, inner: nil)) {
                try await stage.rpc.send(#"{"id":1,"method":7}"#, id: 1)
            }
            await #expect(throws: RPCClient.Refusal(code: -32700, inner: nil)) {
                try await stage.rpc.send("{", id: .null)
            }
        }
    }
}
