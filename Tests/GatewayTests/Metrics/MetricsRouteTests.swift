// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdTesting
import NIOCore
import RTC
import SkyWay
import Synchronization
import Testing

@testable import Gateway

@Suite("What Prometheus reads", .timeLimit(.minutes(1)))
struct MetricsRouteTests {
    private static let adminKey = "0123456789abcdef-admin"
    private static let metricsKey = "0123456789abcdef-metrics"

    private static func status(
        _ headers: HTTPFields = [:],
        _ configure: @escaping @Sendable (inout GatewayConfiguration) -> Void
    ) async throws -> (status: Int, body: String) {
        let answer = Mutex((status: 0, body: ""))
        try await GatewayFixture.run(GatewaySetup(configure: configure)) { gateway in
            let response = try await gateway.send(.get, "/metrics", headers: headers)
            let text = String(buffer: response.body)
            answer.withLock { $0 = (response.status.code, text) }
        }
        return answer.withLock { $0 }
    }

    private static func bearer(_ key: String) -> HTTPFields { [.authorization: "Bearer \(key)"] }

    @Test("Without a key those on this machine may read, and nobody else")
    func open() async throws {
        #expect(try await Self.status { _ in }.status == 200)
        let other = try await Self.status { $0.httpHost = "0.0.0.0" }
        #expect(other.status == 404 && other.body.contains("metrics-unavailable"))
    }

    @Test(
        "Without a key nobody reads by way of a proxy or of another page",
        arguments: ["X-Forwarded-For", "Via", "Origin"]
    )
    func proxies(header: String) async throws {
        let name = try #require(HTTPField.Name(header))
        #expect(try await Self.status([name: "https://page.example"]) { _ in }.status == 404)
        let origin = try #require(WebOrigin("https://gateway.example"))
        #expect(try await Self.status { $0.whip.publicOrigin = origin }.status == 404)
        #expect(try await Self.status { $0.limits.trustedProxies = [.loopbackIPv4] }.status == 404)
    }

    @Test("With keys either lets in")
    func keys() async throws {
        let both = { @Sendable (configuration: inout GatewayConfiguration) in
            configuration.adminKey = Redacted(Self.adminKey)
            configuration.metricsKey = Redacted(Self.metricsKey)
        }
        #expect(try await Self.status(Self.bearer(Self.adminKey), both).status == 200)
        #expect(try await Self.status(Self.bearer(Self.metricsKey), both).status == 200)
        let none = try await Self.status([:], both)
        #expect(none.status == 401 && none.body.contains("metrics-unauthorized"))
        #expect(try await Self.status(Self.bearer("x\(Self.adminKey)"), both).status == 401)
        let one = { @Sendable (configuration: inout GatewayConfiguration) in
            configuration.metricsKey = Redacted(Self.metricsKey)
        }
        #expect(try await Self.status(Self.bearer(Self.metricsKey), one).status == 200)
        #expect(try await Self.status(Self.bearer(Self.adminKey), one).status == 401)
    }

    @Test("What the gateway counts is told, and nothing of a room or a publisher")
    func counters() async throws {
        try await GatewayFixture.run { gateway in
            let answer = try await gateway.post(to: "/whip/studio-of-somebody")
            #expect(answer.status == .created)
            _ = try await gateway.post("nonsense", to: "/whip/studio-of-somebody")
            while gateway.registry.board.broadcasts.isEmpty { await Task.yield() }
            var (text, lines) = ("", Set<String>())
            // The session towards the SFU is opened a little later.
            repeat {
                let response = try await gateway.send(.get, "/metrics")
                #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
                text = String(buffer: response.body)
                lines = Set(text.split(separator: "\n").map(String.init))
            } while !lines.contains(#"rtc_worker_sessions{worker="0"} 2"#)
            #expect(lines.contains("whip_broadcasts_begun_total 1"))
            #expect(lines.contains(#"whip_broadcasts{state="connecting"} 1"#))
            #expect(lines.contains(#"whip_refusals_total{problem="malformed-offer"} 1"#))
            #expect(lines.contains(#"http_requests_total{method="POST",route="/whip/{channel}",status="201"} 1"#))
            #expect(lines.contains(#"http_requests_total{method="POST",route="/whip/{channel}",status="400"} 1"#))
            #expect(lines.contains("whip_gateway_ready 1"))
            #expect(!text.contains("studio-of-somebody") && !text.contains("127.0.0.1"))
            let location = try #require(answer.headers[.location])
            #expect(!text.contains(location.split(separator: "/").last ?? ""))
        }
    }

    @Test("Every metric belongs to a family that was told before it, which is there once")
    func families() async throws {
        let text = try await Self.status { _ in }.body
        var families: Set<Substring> = []
        var family: Substring = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# HELP ") {
                family = line.dropFirst(7).prefix { $0 != " " }
                #expect(families.insert(family).inserted, "\(family)")
            } else if !line.hasPrefix("#") {
                #expect(line.hasPrefix(family), "\(line)")
            }
        }
        #expect(families.count > 30)
        #expect(families.isSuperset(of: ["process_cpu_seconds_total", "rtc_packets_total", "skyway_recoveries_total"]))
    }
}
