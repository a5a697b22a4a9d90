// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Testing

extension EndToEnd {
    @Suite("make demo")
    struct DemoTests {
        /// The result of `terminal.py`.
        private struct End: Decodable {
            let endedAfterMilliseconds: Int?
        }

        /// What the demo prints for people.
        private struct Announcement {
            var page = ""
            var channel = ""
            var server = ""
            var token = ""
        }

        private struct Run {
            let page: WatchResult
            let live: Reply
            let stranger: Reply
            let publisher: PublisherResult
            let end: End
            let left: [String]
        }

        /// How many frames the sample clip has before it begins again.
        private static let clipFrames = 300

        @Test("From a clean clone it shows the clip on the page it names, and Ctrl-C ends all of it within 5 s")
        func showsTheClip() async throws {
            let run = try await Stage.run("demo") { stage in try await Self.demonstrate(on: stage) }
            #expect(run.page.state == "playing")
            #expect(run.page.video.expected >= 75)
            #expect(run.page.video.ratio >= 0.95, "missing: \(run.page.video.missing ?? [])")
            #expect(run.page.tone.ratio >= 0.9 && run.page.tone.risingSteps >= 3)
            #expect(run.page.console.isEmpty)
            #expect(run.live.body.contains(#""live""#), "\(run.live.body)")
            #expect(run.stranger.status == 401)
            #expect(run.publisher.deleteStatus == 200 && run.publisher.endedEarly == false)
            #expect(run.end.endedAfterMilliseconds.map { $0 <= 5000 } == true)
            #expect(run.left.isEmpty)
            print(
                "DEMO: page \(run.page.video.distinct)/\(run.page.video.expected),",
                "ended after \(run.end.endedAfterMilliseconds ?? -1) ms"
            )
        }

        private static func demonstrate(on stage: Stage) async throws -> Run {
            let clone = try await clone(on: stage)
            defer { try? FileManager.default.removeItem(at: clone) }
            let terminal = stage.peer(
                "terminal.py",
                ["--seconds", "120", "--", "make", "demo"],
                in: .viewer,
                environment: ["SWG_RELEASE_BINARY": Machine.gatewayBinary],
                workingDirectory: clone
            )
            let printed = try await read(terminal)
            let watcher = stage.peer(
                "watch_chromium.py",
                [
                    printed.page, printed.channel, "--seconds", "6", "--wait", "30",
                    "--modulo", String(clipFrames),
                    "--screenshot", stage.folder.appending(path: "watch.png").path,
                ],
                in: .viewer
            )
            let seen = try await watcher.result(WatchResult.self, within: .seconds(90))
            let live = try await stage.ask("GET", "\(printed.page)/api/v1/live", from: .viewer)
            let stranger = try await stage.post("obs-30.2-constructed", to: printed.server, from: .viewer)
            let publisher = stage.peer(
                "publish_libdatachannel.py",
                [printed.server, "--token", printed.token, "--seconds", "4"],
                in: .viewer
            )
            let published = try await publisher.result(PublisherResult.self, within: .seconds(30))
            terminal.process.send(SIGINT)
            let end = try await terminal.result(End.self, within: .seconds(15))
            return Run(
                page: seen,
                live: live,
                stranger: stranger,
                publisher: published,
                end: end,
                left: try await stage.processes(in: .viewer)
            )
        }

        /// Clones what is committed, and nothing else that may lie in the checkout.
        private static func clone(on stage: Stage) async throws -> URL {
            let clone = stage.folder.appending(path: "clone")
            // The checkout may belong to somebody else than who runs the tests.
            let configuration = stage.folder.appending(path: "gitconfig")
            try "[safe]\n\tdirectory = *\n".write(to: configuration, atomically: true, encoding: .utf8)
            let git = stage.start(
                "git",
                in: .viewer,
                ["git", "clone", "-q", "--depth=1", "file://\(Machine.checkout.path)", clone.path],
                environment: ["GIT_CONFIG_GLOBAL": configuration.path]
            )
            guard try await git.end(within: .seconds(60)).isSuccess else { throw StageError(git.lastWords) }
            return clone
        }

        /// Reads what a person would read off the terminal.
        private static func read(_ terminal: PeerProcess) async throws -> Announcement {
            var printed = Announcement()
            (printed.page, printed.channel) = try await terminal.process.line(
                "which page to open",
                within: .seconds(30)
            ) { line in
                line.firstMatch(of: /(http:\/\/127\.0\.0\.1:\d+)\/watch\/([\w.-]+)/)
                    .map { (String($0.1), String($0.2)) }
            }
            printed.server = try await terminal.process.line("OBS's server", within: .seconds(5)) { line in
                line.firstMatch(of: /Server +(http:[^ "]+)/).map { String($0.1) }
            }
            printed.token = try await terminal.process.line("OBS's token", within: .seconds(5)) { line in
                line.firstMatch(of: /Bearer Token +(\w+)/).map { String($0.1) }
            }
            return printed
        }
    }
}
