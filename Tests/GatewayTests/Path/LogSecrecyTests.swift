// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
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

            /// A logger that writes here.
            var logger: Logger { Logger(label: "test") { _ in Memory(lines: self) } }
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

    @Test("Keys, tokens and secrets of those who publish, or try to, are in no line")
    func noKeys() async throws {
        let lines = Memory.Lines()
        let logger = lines.logger
        let signer = try await TokenSigner.make("HS256", id: "first")
        let token = try await signer.sign(.init(sub: "anna", exp: 4_000_000_000))
        let made = try await TemporaryFolder.with { folder in
            let file = StreamKeyFile(path: folder.file("keys.json"))
            var grant = GrantDescription()
            grant.channel = "studio"
            let made = try file.add(grant)
            try folder.write(try TokenSigner.keySet([signer.webKey]), to: "set.json")
            try await StubService.run { _ in
                Response(status: .internalServerError)
            } _: { _, hook in
                try await WholePath.run(logger: logger) {
                    $0.streamKeys = file.path
                    $0.keySet = folder.file("set.json")
                    $0.hook = PublishHook.Configuration(url: hook + "a-secret-path", secret: Redacted("a-hook-secret"))
                } _: { path in
                    for text in [made.key.exposed, made.key.exposed + "x", token, token + "x"] {
                        let url = "http://127.0.0.1:\(path.gatewayPort)/whip/studio/\(text)"
                        _ = try await path.request("POST", url, body: Offers.obs())
                        _ = try await path.request("PATCH", url, body: Offers.obs())
                    }
                }
            }
            // With the hook out of the way, so that a session of a key has its lines too.
            try await WholePath.run(logger: logger) {
                $0.streamKeys = file.path
            } _: { path in
                let url = "http://127.0.0.1:\(path.gatewayPort)/whip/studio/\(made.key.exposed)"
                let response = try await path.request("POST", url, body: Offers.obs())
                #expect(response.status == 201)
            }
            return made
        }
        let text = lines.all
        #expect(text.contains("The hook can't be asked"))
        #expect(text.contains("key \(made.kept.id)"))
        let secret = String(made.key.exposed.dropFirst(9))
        for hidden in [secret, token, "a-secret-path", "a-hook-secret", signer.webKey["k"] ?? "-"] {
            #expect(!text.contains(hidden))
        }
    }

    @Test("A session from POST to DELETE has one line for its end, and no secret in any line")
    func noSecrets() async throws {
        let lines = Memory.Lines()
        let logger = lines.logger
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
