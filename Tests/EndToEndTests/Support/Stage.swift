// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Synchronization

/// One run: its namespaces, its processes, its folder of artifacts.
final class Stage: Sendable {
    let name: String
    /// Where logs, captures and screenshots of the run are kept.
    let folder: URL
    let namespaces: Namespaces
    private let processes = Mutex<[ChildProcess]>([])

    private init(_ name: String, _ layout: Namespaces.Layout) async throws {
        self.name = name
        folder = Machine.checkout.appending(path: ".artifacts/EndToEnd/\(name)")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        namespaces = try await Namespaces(layout, keeping: folder)
    }

    /// Runs `body` on a stage of its own and cleans up whatever happens; again where the machine stalled.
    static func run<Measured>(
        _ name: String,
        on layout: Namespaces.Layout = .plain,
        _ body: (Stage) async throws -> Measured
    ) async throws -> Measured {
        try Machine.require()
        return try await StallDetector.repeating(name) { try await once(name, layout, body) }
    }

    private static func once<Measured>(
        _ name: String,
        _ layout: Namespaces.Layout,
        _ body: (Stage) async throws -> Measured
    ) async throws -> Measured {
        let stage = try await Stage(name, layout)
        do {
            let measured = try await body(stage)
            try await stage.clear()
            return measured
        } catch {
            try? await stage.clear()
            throw error
        }
    }

    /// Starts a command in a namespace.
    func start(
        _ name: String,
        in role: Namespaces.Role,
        _ command: [String],
        environment: [String: String] = [:],
        workingDirectory: URL? = nil
    ) -> ChildProcess {
        let process = ChildProcess(
            name,
            command: namespaces.command(command, in: role),
            environment: environment,
            in: workingDirectory ?? folder,
            keeping: folder
        )
        processes.withLock { $0.append(process) }
        return process
    }

    /// Runs a command in a namespace to its end.
    func run(_ command: [String], in role: Namespaces.Role) async throws {
        let process = start(command[0], in: role, command)
        let end = try await process.end(within: .seconds(10))
        guard end.isSuccess else { throw StageError("\(command.joined(separator: " ")): \(process.lastWords)") }
    }

    /// Starts a Python peer in a namespace.
    func peer(
        _ script: String,
        _ arguments: [String],
        in role: Namespaces.Role,
        as name: String? = nil,
        environment: [String: String] = [:],
        workingDirectory: URL? = nil,
        python: String = Machine.python
    ) -> PeerProcess {
        let process = start(
            name ?? String(script.dropLast(3)),
            in: role,
            [python, Machine.peers.appending(path: script).path] + arguments,
            environment: environment,
            workingDirectory: workingDirectory
        )
        return PeerProcess(process: process)
    }

    /// The commands that run in a namespace, once those that were told to end had 2 s to do it.
    func processes(in role: Namespaces.Role) async throws -> [String] {
        var running: [String] = []
        for _ in 0..<20 {
            let list = ChildProcess("pids", command: namespaces.list(role), keeping: folder)
            _ = try await list.end(within: .seconds(5))
            running = list.output.lines().compactMap { pid in
                try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)
                    .replacing("\0", with: " ")
            }
            if running.isEmpty { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        return running
    }

    private func clear() async throws {
        // The last one first: a gateway that is told to end still finds SkyWay.
        for process in processes.withLock({ $0 }).reversed() where !process.hasEnded { await process.stop() }
        try await namespaces.remove()
    }
}
