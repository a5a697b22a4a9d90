// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What this machine has of what the tests from end to end need.
///
/// In CI (`CI` is set in the environment) a missing thing fails each test; elsewhere the suite is skipped aloud.
enum Machine {
    /// The top of the checkout: where `swift test` was started, else where this file was when it was compiled.
    static let checkout: URL = {
        let here = URL(filePath: FileManager.default.currentDirectoryPath)
        if FileManager.default.fileExists(atPath: here.appending(path: "Package.swift").path) { return here }
        return (1...4).reduce(URL(filePath: #filePath)) { folder, _ in folder.deletingLastPathComponent() }
    }()

    static let peers = checkout.appending(path: "Tests/EndToEndTests/Peers")
    static let python = checkout.appending(path: ".venv/bin/python").path

    /// The binary under test: `SWG_RELEASE_BINARY`, else the one that was built beside the tests.
    static let gatewayBinary: String = {
        if let path = ProcessInfo.processInfo.environment["SWG_RELEASE_BINARY"], !path.isEmpty { return path }
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: tests).deletingLastPathComponent().appending(path: "skyway-whip-gateway").path
    }()

    static let isCI = ProcessInfo.processInfo.environment["CI"] != nil

    /// What is not there, with what to do about it.
    static let missing: [String] = {
        var missing: [String] = []
        if getuid() != 0 { missing.append("root, to make network namespaces (run the tests as root)") }
        for command in ["ip", "nft", "tshark", "chromium", "chromedriver", "gst-inspect-1.0", "turnserver"]
        where !isOnPath(command) {
            missing.append("\(command) (scripts/setup --test installs it)")
        }
        if !isExecutable(python) { missing.append(".venv with the peers (scripts/setup --test makes it)") }
        if !isExecutable(gatewayBinary) { missing.append("\(gatewayBinary) (swift build makes it)") }
        return missing
    }()

    /// Whether the tests run at all; where something is missing in CI they run and fail.
    static let takesPart = missing.isEmpty || isCI

    static let complaint: Comment = "SKIPPED: not here: \(missing.joined(separator: "; "))"

    static func require() throws {
        guard missing.isEmpty else { throw StageError("not here: \(missing.joined(separator: "; "))") }
    }

    static func isOnPath(_ command: String) -> Bool {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return (folders + ["/usr/sbin", "/sbin"]).contains { isExecutable("\($0)/\(command)") }
    }

    private static func isExecutable(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }
}
