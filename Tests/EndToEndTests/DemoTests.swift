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

        private struct Run {
            let page: WatchResult
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
            #expect(run.end.endedAfterMilliseconds.map { $0 <= 5000 } == true)
            #expect(run.left.isEmpty)
            print(
                "DEMO: page \(run.page.video.distinct)/\(run.page.video.expected),",
                "ended after \(run.end.endedAfterMilliseconds ?? -1) ms"
            )
        }

        private static func demonstrate(on stage: Stage) async throws -> Run {
            let clone = stage.folder.appending(path: "clone")
            // Nothing but what is committed, and no name of a file that a person may have in the checkout.
            let git = stage.start("git", in: .viewer, ["git", "clone", "-q", "--depth=1", checkoutURL, clone.path])
            guard try await git.end(within: .seconds(60)).isSuccess else { throw StageError(git.lastWords) }
            defer { try? FileManager.default.removeItem(at: clone) }
            let terminal = stage.peer(
                "terminal.py",
                ["--seconds", "120", "--", "make", "demo"],
                in: .viewer,
                environment: ["SWG_RELEASE_BINARY": Machine.gatewayBinary],
                workingDirectory: clone
            )
            let page = try await terminal.process.line("which page to open", within: .seconds(30)) { line in
                line.firstMatch(of: /(http:\/\/127\.0\.0\.1:\d+)\/watch\/([\w.-]+)/).map {
                    (String($0.1), String($0.2))
                }
            }
            let watcher = stage.peer(
                "watch_chromium.py",
                [
                    page.0, page.1, "--seconds", "6", "--wait", "30", "--modulo", String(clipFrames),
                    "--screenshot", stage.folder.appending(path: "watch.png").path,
                ],
                in: .viewer
            )
            let seen = try await watcher.result(WatchResult.self, within: .seconds(90))
            terminal.process.send(SIGINT)
            let end = try await terminal.result(End.self, within: .seconds(15))
            return Run(page: seen, end: end, left: try await stage.processes(in: .viewer))
        }

        private static var checkoutURL: String { "file://\(Machine.checkout.path)" }
    }
}
