// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Testing

@testable import SkyWayLocal

/// The program's own `local` in a process of its own, whose memory is that of the server alone.
struct LocalProcess: Sendable {
    /// The server, whose clock is the machine's.
    let server: LocalServer
    /// A token for everything.
    let token: String
    private let processID: Int32

    /// The program built beside the tests.
    static let program: URL = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: tests).deletingLastPathComponent().appending(path: "skyway-whip-gateway")
    }()

    /// Whether there is a program, and a system that tells how much memory it has.
    static var isPossible: Bool { FileManager.default.isExecutableFile(atPath: program.path) }

    /// How much memory it has, in bytes (`proc_pid_statm(5)`).
    var residentBytes: Int {
        get throws {
            let text = try String(contentsOfFile: "/proc/\(processID)/statm", encoding: .utf8)
            return try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) }) * 4096
        }
    }

    /// Runs it while `body` runs.
    static func run(_ body: (LocalProcess) async throws -> Void) async throws {
        // The SFU takes its port by TCP too.
        let port = 2 * Int.random(in: 10_000..<15_000)
        let process = Process()
        process.executableURL = program
        process.arguments = ["local", "--port", "\(port)", "--media-port", "\(port + 1)", "--log-level", "error"]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        let clock = ManualClock()
        let faults = LocalFaults(clock: clock.clock)
        let server = LocalServer(port: port, engine: SimulatedEngine(), clock: clock, faults: faults)
        while (try? await server.http("POST", "/v1/ice-params", token: nil, json: "{}"))?.status != 401 {
            try #require(process.isRunning, "port \(port) is taken")
            try await Task.sleep(for: .milliseconds(20))
        }
        let token = try await TestTokens.allowingEverything()
        try await body(LocalProcess(server: server, token: token, processID: process.processIdentifier))
    }
}
