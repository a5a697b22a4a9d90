// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdTesting
import RTCDriver
import Testing

@testable import Gateway

@Suite("How often a session may be asked", .timeLimit(.minutes(1)))
struct SessionRequestTests {
    /// Asks until the answer is another one; how often it was as expected, and the other one.
    private func exhaust(
        _ expected: HTTPResponse.Status,
        _ ask: () async throws -> TestResponse
    ) async throws -> (taken: Int, response: TestResponse) {
        var taken = 0
        while true {
            let response = try await ask()
            guard response.status == expected else { return (taken, response) }
            try Task.checkCancellation()
            taken += 1
        }
    }

    @Test(
        "Requests at sessions beyond the rate of an address are told when to come back, also where there is none",
        arguments: [HTTPRequest.Method.get, .head, .delete, .patch]
    )
    func perAddress(method: HTTPRequest.Method) async throws {
        let setup = GatewaySetup(configure: { $0.limits.sessionRequestsPerAddress = 1 })
        try await GatewayFixture.serve(setup) { gateway in
            let path = "/whip/sessions/none"
            let (taken, refused) = try await exhaust(.notFound) { try await gateway.send(method, path) }
            #expect(taken >= 5)
            #expect(refused.status == .tooManyRequests)
            #expect(refused.headers[.retryAfter] == "1")
            // Publishing has a rate of its own.
            #expect(try await gateway.post().status == .created)
        }
    }

    @Test("Requests at one session beyond its rate are told when to come back; those at another are not")
    func perSession() async throws {
        let setup = GatewaySetup(configure: { $0.limits.requestsPerSession = 1 })
        try await GatewayFixture.run(setup) { gateway in
            let one = try #require(try await gateway.post(to: "/whip/one").headers[.location])
            let other = try #require(try await gateway.post(to: "/whip/other").headers[.location])
            let (taken, refused) = try await exhaust(.noContent) { try await gateway.send(.get, one) }
            #expect(taken >= 5)
            try refused.expectRefusal(429, "too-many-requests")
            #expect(refused.headers[.retryAfter] == "1")
            #expect(try await gateway.send(.patch, one).status == .tooManyRequests)
            #expect(try await gateway.send(.delete, one).status == .tooManyRequests)
            #expect(try await gateway.send(.get, other).status == .noContent)
            #expect(try await gateway.send(.delete, other).status == .ok)
        }
    }

    @Test("A session that was asked too often goes on, and is ended once its rate allows it")
    func waiting() async throws {
        let setup = GatewaySetup(configure: { $0.limits.requestsPerSession = 10 })
        try await GatewayFixture.run(setup) { gateway in
            let session = try #require(try await gateway.post().headers[.location])
            _ = try await exhaust(.noContent) { try await gateway.send(.get, session) }
            #expect(await gateway.registry.count == 1)
            // A tenth of a second brings one more.
            while try await gateway.send(.delete, session).status == .tooManyRequests {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(await gateway.registry.count == 0)
        }
    }
}
