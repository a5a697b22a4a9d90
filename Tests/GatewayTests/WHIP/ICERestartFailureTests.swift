// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCDriver
import Synchronization
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("ICE restarts that can't be", .timeLimit(.minutes(1)))
struct ICERestartFailureTests {
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
