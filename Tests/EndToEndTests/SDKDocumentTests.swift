// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

extension EndToEnd.SDK {
    @Suite("The page of docs/local.md")
    struct DocumentTests {
        private struct Pages: Decodable {
            let numbers: [[Int?]]
            let elements: [[String]]
            let playing: [[Bool]]
        }

        @Test("Open twice, with nothing but “skyway-whip-gateway local”, each shows the other")
        func twice() async throws {
            let run = try await Stage.run("sdk-document") { stage in
                // As the document says: without any flag.
                let local = stage.start("local", in: .viewer, [Machine.gatewayBinary, "local"])
                try await stage.isReady(Service(process: local, url: "http://127.0.0.1:8081"), in: .viewer)
                return try await stage.sdk("sdk_document", "twice").result(SDKRun<Pages>.self, within: .seconds(90))
            }
            #expect(run.value.numbers.count == 2 && run.value.numbers.allSatisfy { $0.compactMap(\.self).count >= 45 })
            #expect(run.value.elements == [["audio", "video"], ["audio", "video"]])
            #expect(run.value.playing.allSatisfy { $0 == [true, true] })
            run.expectConsole()
        }
    }
}
