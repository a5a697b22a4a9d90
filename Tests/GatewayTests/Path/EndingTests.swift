// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver
import Testing

@testable import Gateway
@testable import SkyWay

/// Ends that come from the gateway's side: the publisher hears of each by `close_notify`, so that an encoder such as OBS
/// knows that it has to connect again.
@Suite("Ends by the gateway", .serialized, .timeLimit(.minutes(1)))
struct EndingTests {
    /// Publishes, lets the end come, and gives what the publisher's session says of it.
    private static func end(
        configure: (inout GatewayConfiguration) -> Void = { _ in },
        bearer: String? = nil,
        by cause: @escaping @Sendable (WholePath) async throws -> Void
    ) async throws {
        try await WholePath.run(configure: configure) { path in
            let publisher = try await SteppedPublisher.start(in: "studio", bearer: bearer, on: path)
            var iterator = publisher.session.events.makeAsyncIterator()
            while let event = await iterator.next() {
                if case .connected = event { break }
            }
            try await cause(path)
            var reason: SessionCloseReason?
            while let event = await iterator.next() {
                if case .closed(let closed) = event { reason = closed }
            }
            #expect(reason == .remote)
        }
    }

    @Test("The time to drain is over")
    func drained() async throws {
        try await Self.end {
            $0.adminKey = Redacted("0123456789abcdef")
        } by: { path in
            let request = RawHTTP.request(
                "PUT",
                "/api/v1/drain",
                ["Authorization: Bearer 0123456789abcdef"],
                body: #"{"limitSeconds": 0}"#
            )
            let answer = try await RawHTTP.send(request, to: path.gatewayPort)
            #expect(answer.status == 200)
        }
    }

    @Test("The stream key is revoked")
    func revoked() async throws {
        try await TemporaryFolder.with { folder in
            let file = StreamKeyFile(path: folder.file("keys.json"))
            var grant = GrantDescription()
            grant.channel = "studio"
            let made = try file.add(grant)
            try await Self.end(configure: { $0.streamKeys = file.path }, bearer: made.key.exposed) { _ in
                let wasThere = try file.revoke(made.kept.id)
                #expect(wasThere)
            }
        }
    }

    @Test("SkyWay wants no more of us: the plan is used up")
    func skyWayLost() async throws {
        try await Self.end { path in
            try await path.fault(#"{"fault":"drop-sockets","code":4291}"#)
        }
    }
}
