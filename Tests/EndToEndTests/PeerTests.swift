// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Testing

extension EndToEnd {
    /// What the other tests believe, checked first.
    @Suite("The peers themselves")
    struct PeerTests {
        @Test(
            "What reads and counts frames finds each fault that is planted",
            arguments: ["testpicture", "counting", "framecount", "h264", "sinkcodecs"]
        )
        func measuresWhatIsThere(script: String) async throws {
            try await Stage.run("self-test-\(script)") { stage in
                let path = Machine.peers.appending(path: "\(script).py").path
                let process = stage.start(script, in: .viewer, [Machine.python, path])
                let end = try await process.end(within: .seconds(30))
                #expect(end.isSuccess, "\(process.lastWords)")
            }
        }
    }
}
