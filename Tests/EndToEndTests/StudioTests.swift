// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    @Suite("The studio page")
    struct StudioTests {
        /// The result of `studio_drive.py` and `studio_sdk.py`.
        private struct Driven: Decodable {
            struct Measured: Decodable {
                let midAfterSeconds: Double?
                let highAfterSeconds: Double?
                let encodings: Int?
                let lowAfterSeconds: Double?
                let backAfterSeconds: Double?
                let moduleCases: Int?
            }

            let steps: [String]
            let measured: Measured
            let unpressed: [String]
            let console: [String]
        }

        private static let sdk = ProcessInfo.processInfo.environment["SKYWAY_SDK_JS"] ?? ""

        @Test("Every button does at the server what it says, in both languages, on the page's own engine")
        func everyButton() async throws {
            let driven = try await Self.drive("studio", "studio_drive.py", ["--interrupt"])
            #expect(driven.steps.count >= 22)
            #expect(driven.unpressed.isEmpty)
            #expect(driven.console.isEmpty)
            let changes = [
                driven.measured.midAfterSeconds, driven.measured.highAfterSeconds, driven.measured.lowAfterSeconds,
            ].compactMap(\.self)
            #expect(changes.count == driven.measured.encodings && changes.count >= 2)
            #expect(changes.allSatisfy { $0 <= 5 })
            #expect(driven.measured.moduleCases.map { $0 >= 20 } == true)
            print("STUDIO: layers after \(changes) s, back after \(driven.measured.backAfterSeconds ?? -1) s")
        }

        @Test(
            "The same page runs on the official SDK",
            .enabled(if: !sdk.isEmpty, "SKIPPED: SKYWAY_SDK_JS names no file of the official SDK")
        )
        func officialSDK() async throws {
            let driven = try await Self.drive(
                "studio-sdk",
                "studio_sdk.py",
                [],
                environment: ["SKYWAY_SDK_JS": Self.sdk]
            )
            #expect(driven.unpressed.isEmpty)
            #expect(driven.console.isEmpty)
        }

        private static func drive(
            _ name: String,
            _ script: String,
            _ options: [String],
            environment: [String: String] = ["SKYWAY_SDK_JS": ""]
        ) async throws -> Driven {
            try await Stage.run(name) { stage in
                try await stage.startSkyWay(["--local-api"], environment: environment)
                // Only loopback is an origin that browsers trust.
                let driver = stage.peer(
                    script,
                    ["http://127.0.0.1:8081", "--insecure", Stage.skyWayURL, "--screenshots", stage.folder.path]
                        + options,
                    in: .viewer
                )
                return try await driver.result(Driven.self, within: .seconds(160))
            }
        }
    }
}
