// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC
import RTCDriver
import SkyWayLocal
import Synchronization
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("What the log tells", .timeLimit(.minutes(1)))
struct LogSecrecyTests {
    /// Keeps every line.
    struct Memory: LogHandler {
        final class Lines: Sendable {
            private let text = Mutex("")
            var all: String { text.withLock { $0 } }
            func add(_ line: String) { text.withLock { $0 += line + "\n" } }
        }

        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            lines.add("\(event.level) \(event.message) \(all)")
        }
    }

    @Test("A session from POST to DELETE has one line for its end, and no secret in any line")
    func noSecrets() async throws {
        let lines = Memory.Lines()
        let logger = Logger(label: "test") { _ in Memory(lines: lines) }
        let bearer = "a-bearer-token-of-this-test"
        let fragments = Mutex<[String]>([])
        try await WholePath.run(logger: logger) { path in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await path.publish(in: "studio", bearer: bearer) }
                let (session, records) = try await path.watch("studio")
                await records[.video]?.receives(5)
                await session.close()
                group.cancelAll()
            }
            let answer = try await path.request(
                "POST",
                "http://127.0.0.1:\(path.gatewayPort)/whip/studio",
                body: Offers.obs()
            )
            for line in answer.body.split(separator: "\r\n") where line.hasPrefix("a=ice-pwd:") {
                fragments.withLock { $0.append(String(line.dropFirst(10))) }
            }
        }
        let text = lines.all
        #expect(text.contains("Session ended"))
        #expect(text.split(separator: "\n").count { $0.contains("deleted by the publisher") } == 1)
        let secrets = [bearer, LocalApplication.development.secret, "eyJ", "abcdefghijklmnopqrstuv"]
        for secret in secrets + fragments.withLock({ $0 }) { #expect(!text.contains(secret)) }
        #expect(fragments.withLock { !$0.isEmpty })
    }
}
