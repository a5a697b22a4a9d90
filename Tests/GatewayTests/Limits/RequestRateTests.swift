// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdTesting
import RTC
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("How often requests may come")
struct RequestRateTests {
    private let start = ContinuousClock.now

    @Test("Five seconds' worth may come at once, then as many as a second brings")
    func rate() throws {
        let rate = try #require(RequestRate<String>(perSecond: 2))
        for _ in 0..<10 { #expect(rate.take("a", at: start) == nil) }
        #expect(rate.take("a", at: start) == 1)
        #expect(rate.take("a", at: start + .milliseconds(499)) == 1)
        #expect(rate.take("a", at: start + .milliseconds(500)) == nil)
        #expect(rate.take("a", at: start + .milliseconds(500)) == 1)
        // Others are not held back by that.
        #expect(rate.take("b", at: start) == nil)
        // And what is saved up is bounded.
        for _ in 0..<10 { #expect(rate.take("a", at: start + .seconds(3600)) == nil) }
        #expect(rate.take("a", at: start + .seconds(3600)) == 1)
    }

    @Test("Without a rate there is no limit")
    func none() {
        #expect(RequestRate<String>(perSecond: 0) == nil)
    }

    @Test("However many ask, so many are remembered, and those who have to wait among them where there is room")
    func bounded() throws {
        let rate = try #require(RequestRate<Int>(perSecond: 1, capacity: 100))
        for key in 0..<10 { for _ in 0..<6 { _ = rate.take(key, at: start) } }
        for key in 10..<100 { _ = rate.take(key, at: start) }
        // Those who asked once are full again.
        #expect(rate.take(1_000, at: start + .seconds(2)) == nil)
        #expect(rate.count == 11)
        #expect(rate.take(5, at: start + .seconds(0)) == 1)
        for key in 0..<100_000 { _ = rate.take(key, at: start + .seconds(2)) }
        #expect(rate.count <= 100)
    }

    @Test(
        "A client is its IPv4 address or its IPv6 network, and a proxy that is trusted says which",
        arguments: [
            ("192.0.2.1", [], "192.0.2.1"), ("::ffff:192.0.2.1", [], "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::"), ("fe80::1%eth0", [], "fe80::"),
            ("192.0.2.1", ["203.0.113.1"], "192.0.2.1"), ("10.0.0.1", ["203.0.113.1"], "203.0.113.1"),
            ("10.0.0.1", ["198.51.100.9, 203.0.113.1"], "203.0.113.1"),
            ("10.0.0.1", ["198.51.100.9", "203.0.113.1, 10.0.0.2"], "203.0.113.1"),
            ("10.0.0.1", ["203.0.113.1, nonsense"], "10.0.0.1"), ("10.0.0.1", [""], "10.0.0.1"),
            ("10.0.0.1", ["10.0.0.2,10.0.0.1"], "10.0.0.2"),
        ] as [(String, [String], String)]
    )
    func client(peer: String, forwardedFor: [String], expected: String) throws {
        let proxies = Set(["10.0.0.1", "10.0.0.2"].compactMap { IPAddress($0) })
        let client = ClientAddress(peer: peer, forwardedFor: forwardedFor, trusting: proxies)
        #expect(client.key.map { "\($0)" } == expected)
    }

    @Test("Requests of one address beyond its rate are told when to come back, before anything is read")
    func perAddress() async throws {
        let setup = GatewaySetup(configure: { $0.limits.postsPerAddress = 1 })
        try await GatewayFixture.serve(setup) { gateway in
            var (response, taken) = (try await gateway.post("nonsense"), 0)
            // Faster than one a second, so that it ends.
            while response.status == .badRequest {
                taken += 1
                response = try await gateway.post("nonsense")
            }
            #expect(taken >= 5)
            try response.expectRefusal(429, "too-many-requests")
            #expect(response.headers[.retryAfter] == "1")
            // Ends are not held back.
            #expect(try await gateway.send(.delete, "/whip/sessions/none").status == .notFound)
        }
    }

    @Test("A proxy that is trusted is not held back for the clients that it speaks for")
    func behindProxy() async throws {
        let setup = GatewaySetup(
            configure: {
                $0.limits.postsPerAddress = 1
                $0.limits.trustedProxies = Set(["127.0.0.1", "::1"].compactMap { IPAddress($0) })
            }
        )
        try await GatewayFixture.serve(setup) { gateway in
            let name = try #require(HTTPField.Name("X-Forwarded-For"))
            for number in 1...12 {
                let headers: HTTPFields = [name: "192.0.2.\(number)", .contentType: "application/sdp"]
                let response = try await gateway.send(.post, "/whip/studio", headers: headers)
                #expect(response.status == .badRequest)
            }
        }
    }

    @Test("Requests with one key beyond its rate are told when to come back; those of another are not")
    func perKey() async throws {
        let setup = GatewaySetup(configure: {
            $0.limits.postsPerKey = 1
            $0.bearerTokens = [Redacted("a"), Redacted("b")]
        })
        try await GatewayFixture.run(setup) { gateway in
            var (response, taken) = (try await gateway.post("x", authorization: "Bearer a"), 0)
            while response.status == .badRequest {
                taken += 1
                response = try await gateway.post("x", authorization: "Bearer a")
            }
            #expect(taken >= 5)
            try response.expectRefusal(429, "too-many-requests")
            #expect(response.headers[.retryAfter] == "1")
            #expect(try await gateway.post(authorization: "Bearer b").status == .created)
        }
    }

    @Test("A key has no more sessions than are allowed, whichever rooms they are in")
    func sessionsPerKey() async throws {
        let setup = GatewaySetup(
            edit: { $0.keyLimit = 2 },
            configure: { $0.bearerTokens = [Redacted("a"), Redacted("b")] }
        )
        try await GatewayFixture.run(setup) { gateway in
            let first = try await gateway.post(to: "/whip/one", authorization: "Bearer a")
            #expect(try await gateway.post(to: "/whip/two", authorization: "Bearer a").status == .created)
            try await gateway.post(to: "/whip/three", authorization: "Bearer a").expectRefusal(409, "key-in-use")
            // One that takes another's place is no more than before.
            #expect(try await gateway.post(to: "/whip/two", authorization: "Bearer a").status == .created)
            #expect(try await gateway.post(to: "/whip/three", authorization: "Bearer b").status == .created)
            _ = try await gateway.send(.delete, try #require(first.headers[.location]))
            #expect(try await gateway.post(to: "/whip/three", authorization: "Bearer a").status == .created)
        }
    }
}
