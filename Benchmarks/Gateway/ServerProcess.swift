// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import Foundation

/// A program under measurement, in a process of its own.
final class ServerProcess {
    private let process = Process()
    private let log: URL

    /// Starts a program; what it prints goes to a file.
    ///
    /// - Parameters:
    ///   - path: the program.
    ///   - arguments: its arguments.
    ///   - environment: its whole environment, beside the search path.
    ///   - log: the file.
    /// - Throws: what keeps it from starting.
    init(_ path: String, _ arguments: [String], environment: [String: String] = [:], log: URL) throws {
        self.log = log
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = environment.merging(["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        OtherProcess.admitSignals()
        try process.run()
    }

    /// What has been printed since the word that announces a value, up to a space or the end of the line; waits for it.
    ///
    /// - Parameter word: what stands before the value.
    /// - Returns: the value.
    /// - Throws: `BenchmarkError` when it does not come within 20 seconds.
    func value(after word: String) async throws -> String {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline, hasThreads {
            let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            if let range = text.range(of: word), text[range.upperBound...].contains("\n") {
                return String(text[range.upperBound...].prefix { $0 != " " && $0 != "\n" })
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw BenchmarkError("\(process.executableURL?.path ?? "A server") did not start; see \(log.path).")
    }

    /// The CPU time of all its threads so far, by its own clock.
    var cpuTime: Duration { OtherProcess.cpuTime(of: process.processIdentifier) }

    /// How many bytes of memory it holds.
    var residentBytes: Int {
        let text = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/statm", encoding: .utf8)
        let pages = text?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// The number of the process.
    var identifier: Int32 { process.processIdentifier }

    /// Ends it and waits for its end, five seconds at most.
    ///
    /// Foundation's own wait needs the run loop of the thread that started the process, and a task has no such thread.
    func terminate() async {
        kill(process.processIdentifier, SIGTERM)
        let deadline = ContinuousClock.now + .seconds(5)
        while hasThreads, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(20)) }
        if hasThreads { kill(process.processIdentifier, SIGKILL) }
    }

    /// Whether it has not ended; one that has holds no memory any more.
    private var hasThreads: Bool { residentBytes > 0 }
}

/// Why a measurement could not be made.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
