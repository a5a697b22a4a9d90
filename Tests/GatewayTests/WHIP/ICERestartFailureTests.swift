// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver
import Synchronization
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("ICE restarts that can't be", .timeLimit(.minutes(1)))
struct ICERestartFailureTests {
    @Test("After a restart that failed the tag from before is good again, and so is the ICE session")
    func formerTag() async throws {
        // The credentials of the next restart are those of another session: the media worker can't take them.
        let credentials = Mutex<[ICECredentials]>([.draw(), .draw()])
        let setup = GatewaySetup(edit: { environment in
            let first = credentials.withLock { $0[0] }
            environment.makeICECredentials = { credentials.withLock { $0.isEmpty ? first : $0.removeFirst() } }
        })
        try await GatewayFixture.serve(setup) { gateway in
            let other = try await gateway.wirePost()
            #expect(other.status == 201)
            let created = try await gateway.wirePost(to: "/whip/second")
            let session = try #require(created["Location"])
            let tag = try #require(created["ETag"])
            let refused = try await gateway.wire(
                "PATCH",
                session,
                [Fragments.type, "If-Match: *"],
                body: Fragments.restart
            )
            #expect(refused.status == 503 && refused.problem == "media-unavailable")
            #expect(refused.values("ETag").isEmpty)
            let condition = [Fragments.type, "If-Match: \(tag)"]
            let trickled = try await gateway.wire("PATCH", session, condition, body: Fragments.candidates())
            #expect(trickled.status == 204)
            credentials.withLock { $0 = [.draw()] }
            let restarted = try await gateway.wire("PATCH", session, condition, body: Fragments.restart)
            #expect(restarted.status == 200)
            let next = try #require(restarted["ETag"])
            #expect(next != tag)
            #expect(try await gateway.wire("PATCH", session, condition, body: Fragments.restart).status == 412)
        }
    }

    @Test("A restart that the media worker can't do is an error, told by a problem document")
    func workersAreGone() async throws {
        let workers = Mutex<MediaWorkers?>(nil)
        let setup = GatewaySetup(edit: { environment in workers.withLock { $0 = environment.workers } })
        try await GatewayFixture.serve(setup) { gateway in
            let created = try await gateway.wirePost()
            let session = try #require(created["Location"])
            await workers.withLock { $0 }?.shutdown()
            let refused = try await gateway.wire(
                "PATCH",
                session,
                [Fragments.type, "If-Match: *"],
                body: Fragments.restart
            )
            // Either is noticed first: that the worker does nothing any more, or that the session is over by that.
            #expect([503, 404].contains(refused.status))
            #expect(["media-unavailable", "session-not-found"].contains(refused.problem))
            #expect(refused.values("ETag").isEmpty)
        }
    }
}

extension ICECredentials {
    /// Credentials that nobody has.
    fileprivate static func draw() -> ICECredentials {
        var generator = SecureRandomNumberGenerator()
        return make(using: &generator)
    }
}
