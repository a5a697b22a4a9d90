// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOSSL
import Testing

@testable import Gateway

/// Connections of HTTP/2 that are there to cost something (RFC 9113 §10.5).
@Suite("Floods over HTTP/2", .timeLimit(.minutes(1)))
struct HTTP2FloodTests {
    /// What a client sends once its connection is there.
    enum Flood: String, CaseIterable, CustomTestStringConvertible {
        case reset = "requests that are taken back at once"
        case continuation = "a request whose head never ends"
        case emptyContinuation = "a request whose head goes on with nothing"
        case ping = "pings"
        case settings = "settings"
        case emptyData = "bodies of nothing"

        var testDescription: String { rawValue }

        var frames: [Frame] {
            switch self {
            case .reset: (0..<2_000).flatMap { [Frame.request(1 + 2 * $0), .reset(1 + 2 * $0)] }
            case .continuation: [.openRequest(1)] + Array(repeating: .continuation(1, size: 1_000), count: 2_000)
            case .emptyContinuation: [.openRequest(1)] + Array(repeating: .continuation(1, size: 0), count: 2_000)
            case .ping: Array(repeating: .ping, count: 2_000)
            case .settings: Array(repeating: .settings, count: 2_000)
            case .emptyData: [.post(1)] + Array(repeating: .emptyData(1), count: 2_000)
            }
        }
    }

    @Test("A flood ends its own connection, and nobody else's", arguments: Flood.allCases)
    func flood(_ flood: Flood) async throws {
        try await run { path, trust in
            let other = try await SecureConnection.open(to: path.gatewayPort, trust)
            try await other.send([.settings])
            let connection = try await SecureConnection.open(to: path.gatewayPort, trust)
            try await connection.send([.settings] + flood.frames)
            await connection.ended()
            try await other.send([.request(1)])
            #expect(await other.receive { $0.type == Frame.headers } != nil)
            other.close()
        }
    }

    @Test("A connection has a bounded number of requests at a time")
    func streams() async throws {
        try await run { path, trust in
            let connection = try await SecureConnection.open(to: path.gatewayPort, trust)
            try await connection.send([.settings] + (0..<300).map { .post(1 + 2 * $0) })
            let settings = try #require(await connection.receive { $0.type == Frame.settingsType })
            #expect(settings.payload.contains([0, 3, 0, 0, 0, 100]))
            #expect(await connection.receive { [Frame.goAway, Frame.resetType].contains($0.type) } != nil)
            connection.close()
        }
    }

    private func run(_ test: @escaping @Sendable (WholePath, TLSConfiguration) async throws -> Void) async throws {
        try await TemporaryFolder.with { folder in
            let certificate = try TestCertificate(["gateway.test"])
            try certificate.write(to: folder, as: "gateway")
            var trust = try certificate.trust
            trust.applicationProtocols = ["h2"]
            try await WholePath.run {
                $0.certificates = [folder.certificateFiles("gateway")]
            } _: { [trust] path in
                try await test(path, trust)
            }
        }
    }
}
