// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation

/// A program that a test runs beside it.
///
/// Its output goes to a file, so that it never waits for a reader; it is ended with the test.
final class Tool {
    private let process = Process()
    private let input = Pipe()
    private let outputFile: URL
    private let hasEnded = DispatchSemaphore(value: 0)
    private let kept: AnyObject?

    /// Starts a program with its arguments; `kept`, which may own files that it reads, lives as long.
    init(_ program: URL, _ arguments: [String], keeping kept: AnyObject? = nil) throws {
        self.kept = kept
        outputFile = FileManager.default.temporaryDirectory.appendingPathComponent("tool-\(UUID().uuidString)")
        try Data().write(to: outputFile)
        let output = try FileHandle(forWritingTo: outputFile)
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        process.terminationHandler = { [hasEnded] _ in hasEnded.signal() }
        // A program that ends early makes writing to it an error, not the end of the tests.
        signal(SIGPIPE, SIG_IGN)
        try process.run()
    }

    deinit {
        if process.isRunning { process.terminate() }
        try? FileManager.default.removeItem(at: outputFile)
    }

    /// Writes to its standard input.
    func write(_ text: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    /// Ends its standard input, waits for it to end, and gives its output.
    func finish() throws -> String {
        try input.fileHandleForWriting.close()
        // Sooner than waitUntilExit, which looks only now and then.
        hasEnded.wait()
        return output
    }

    /// What it has written so far.
    var output: String {
        (try? String(contentsOf: outputFile, encoding: .utf8)) ?? ""
    }

    /// Runs a program to its end.
    static func run(_ program: URL, _ arguments: [String], input: String = "") throws -> String {
        let tool = try Tool(program, arguments)
        if !input.isEmpty { try tool.write(input) }
        return try tool.finish()
    }

    /// Where programs of the system are.
    static func path(of program: String) -> URL {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        let paths = folders.map { URL(fileURLWithPath: String($0)).appendingPathComponent(program) }
        return paths.first { FileManager.default.isExecutableFile(atPath: $0.path) }
            ?? URL(fileURLWithPath: "/usr/bin/\(program)")
    }
}

/// The Python of the checkout, which `scripts/setup --test` fills with what tests compare with.
enum ProjectPython {
    static let path = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent(".venv/bin/python")

    /// Whether tests that need it run: where it is, and in CI, where they fail without it.
    static var isExpected: Bool {
        FileManager.default.isExecutableFile(atPath: path.path) || ProcessInfo.processInfo.environment["CI"] == "true"
    }

    /// A script among the fixtures.
    static func script(_ name: String) throws -> String {
        guard let url = Bundle.module.url(forResource: name, withExtension: "py", subdirectory: "Fixtures") else {
            throw CocoaError(.fileNoSuchFile)
        }
        return url.path
    }
}
