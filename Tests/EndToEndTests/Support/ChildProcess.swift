// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Synchronization

/// One process of a run, started in a namespace, its output kept line by line.
final class ChildProcess: Sendable {
    private struct State {
        var identifier: pid_t?
        var end: Result<TerminationStatus, StageError>?
    }

    let name: String
    let output: LineLog
    let errors: LineLog
    private let state = Mutex(State())

    /// Starts a command; `folder` is where its output is kept.
    init(
        _ name: String,
        command: [String],
        environment: [String: String] = [:],
        in workingDirectory: URL = Machine.checkout,
        keeping folder: URL
    ) {
        self.name = name
        output = LineLog(file: folder.appending(path: "\(name).out.log"))
        errors = LineLog(file: folder.appending(path: "\(name).err.log"))
        // `env` changes the folder and becomes the command, as does `ip netns exec`: the process id stays the same.
        let configuration = Configuration(
            executable: .name("env"),
            arguments: Arguments(["-C", workingDirectory.path] + command),
            environment: .inherit.updating(
                Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), $1) })
            )
        )
        Task { await run(configuration) }
    }

    /// The process id once the process runs.
    var identifier: pid_t? { state.withLock { $0.identifier } }

    var hasEnded: Bool { state.withLock { $0.end != nil } }

    func send(_ signal: Int32) {
        state.withLock { state in
            // Not reaped before `end` is set, so the id still is this process.
            if let identifier = state.identifier, state.end == nil { kill(identifier, signal) }
        }
    }

    /// How the process ended.
    func end(within limit: Duration) async throws -> TerminationStatus {
        try await eventually("\(name) ends", within: limit) { state.withLock { $0.end } }.get()
    }

    /// The first line of the output from a place on for which `match` has an answer.
    func line<Answer>(
        _ what: String,
        from start: Int = 0,
        within limit: Duration,
        _ match: (String) throws -> Answer?
    ) async throws -> Answer {
        try await eventually("\(name) says \(what); \(lastWords)", within: limit) {
            for line in output.lines(from: start) + errors.lines() {
                if let answer = try match(line) { return answer }
            }
            if hasEnded { throw StageError("\(name) ended without saying \(what); \(lastWords)") }
            return nil
        }
    }

    /// What it said at the end, for messages.
    var lastWords: String {
        let said = output.lines().suffix(4) + errors.lines().suffix(4)
        return said.isEmpty ? "it said nothing" : "it said: \(said.joined(separator: " | "))"
    }

    /// Ends the process with SIGTERM, and with SIGKILL where that does not help.
    func stop() async {
        send(SIGTERM)
        if (try? await end(within: .seconds(6))) != nil { return }
        send(SIGKILL)
        _ = try? await end(within: .seconds(3))
    }

    private func run(_ configuration: Configuration) async {
        do {
            let result = try await Subprocess.run(
                configuration,
                input: .none,
                output: .sequence,
                error: .sequence
            ) { execution in
                state.withLock { $0.identifier = execution.processIdentifier.value }
                async let said: Void = keep(execution.standardOutput, in: output)
                async let complained: Void = keep(execution.standardError, in: errors)
                _ = try await (said, complained)
            }
            state.withLock { $0.end = .success(result.terminationStatus) }
        } catch {
            state.withLock { $0.end = .failure(StageError("\(name): \(error)")) }
        }
    }

    private func keep(_ sequence: SubprocessOutputSequence, in log: LineLog) async throws {
        for try await line in sequence.strings(bufferingPolicy: .maxLineLength(1 << 20)) { log.append(line) }
    }
}
