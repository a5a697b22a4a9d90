// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// SkyWay's official JavaScript SDK, which is not part of this repository.
enum OfficialSDK {
    /// The environment variable that names its file, such as `/opt/skyway/skyway_room-2.5.0.js`.
    static let variable = "SKYWAY_SDK_JS"

    /// The file, where there is one.
    static let file: String? = {
        guard let path = ProcessInfo.processInfo.environment[variable],
            FileManager.default.fileExists(atPath: path)
        else { return nil }
        return path
    }()

    /// Whether Core and the SFU bot's plugin lie beside it.
    static let hasCore: Bool = {
        guard let file else { return false }
        let folder = URL(filePath: file).deletingLastPathComponent().path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return ["skyway_core-", "skyway_sfu_bot-"].allSatisfy { start in names.contains { $0.hasPrefix(start) } }
    }()

    static let complaint: Comment =
        "SKIPPED: \(variable) names no file of SkyWay's JavaScript SDK (skyway_room-….js, from its npm package)"
    static let complaintAboutCore: Comment =
        "SKIPPED: skyway_core-….js and skyway_sfu_bot-….js do not lie beside the file of \(variable)"
}

/// What `sdk_browser.py` reports of a scenario.
struct SDKRun<Value: Decodable>: Decodable {
    let value: Value
    /// How long the scenario took.
    let seconds: Double
    /// The warnings and errors in the browser's console.
    let console: [String]

    /// Expects no error in the console but those that the scenario caused, each named by a part of it.
    func expectConsole(only caused: [String] = [], sourceLocation: SourceLocation = #_sourceLocation) {
        let errors = console.filter { $0.hasPrefix("SEVERE") }
        let surprising = errors.filter { error in !caused.contains { error.contains($0) } }
        #expect(surprising.isEmpty, sourceLocation: sourceLocation)
    }
}

extension Stage {
    /// Runs a scenario in Chromium, where `SkyWayLocal` and its viewers are.
    func sdk(_ module: String, _ scenario: String, options: String = "{}", seconds: Int = 60) throws -> PeerProcess {
        let file = try #require(OfficialSDK.file)
        return peer(
            "sdk_browser.py",
            [
                "\(Namespaces.viewerAddress):8081", module, scenario, "--sdk", file, "--options", options,
                "--seconds", String(seconds), "--screenshot", folder.appending(path: "\(scenario).png").path,
            ],
            in: .viewer,
            as: "sdk-\(scenario)"
        )
    }

    /// Runs a scenario that needs nothing but `SkyWayLocal`.
    static func sdk<Value: Decodable>(
        _ module: String,
        _ scenario: String,
        options: String = "{}",
        seconds: Int = 60,
        as type: Value.Type = Value.self
    ) async throws -> SDKRun<Value> {
        let name = "sdk-\(scenario)-\(options.filter(\.isLetter))"
        let run = try await Stage.run(name) { stage in
            try await stage.startSkyWay()
            return try await stage.sdk(module, scenario, options: options, seconds: seconds)
                .result(SDKRun<Value>.self, within: .seconds(seconds + 45))
        }
        print("SDK \(scenario) \(options): \(run.seconds) s")
        return run
    }
}
