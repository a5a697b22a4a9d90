// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Synchronization

/// A program that is run to its end; cancelling the task ends it.
struct ChildProcess: Sendable {
    /// The program's path.
    var executable: String
    /// What it is called with.
    var arguments: [String]

    /// How a program ended.
    struct Outcome: Sendable {
        /// Whether it said that all is well.
        var succeeded: Bool
        /// The last line that it wrote to its standard error.
        var lastLine: String
    }

    /// How long a program that was asked to end may take before it is made to.
    private static let grace: Duration = .seconds(2)

    /// Runs the program with nothing to read and its output thrown away.
    ///
    /// - Returns: how it ended.
    /// - Throws: what keeps it from being started.
    func run() async throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let errors = Pipe()
        process.standardError = errors
        let tail = Tail()
        let (drained, drain) = AsyncStream<Void>.makeStream()
        let (ended, end) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in end.finish() }
        try process.run()
        // A thread, not the handle's own notifications: those trip over a descriptor that is closed and used again.
        Thread.detachNewThread {
            while let data = try? errors.fileHandleForReading.read(upToCount: 1_024), !data.isEmpty {
                tail.append(data)
            }
            drain.finish()
        }
        let killing = Mutex<Task<Void, Never>?>(nil)
        await withTaskCancellationHandler {
            // The stream ends by the process alone: the iteration has to outlive the cancellation.
            await Task { for await _ in ended {} }.value
        } onCancel: {
            process.terminate()
            killing.withLock { $0 = Task { await Self.kill(process, after: Self.grace) } }
        }
        killing.withLock { $0?.cancel() }
        // Whoever else has the pipe is not waited for.
        _ = try? await withTimeLimit(.seconds(1)) { for await _ in drained {} }
        return Outcome(
            succeeded: process.terminationReason == .exit && process.terminationStatus == 0,
            lastLine: tail.lastLine
        )
    }

    private static func kill(_ process: Process, after grace: Duration) async {
        try? await Task.sleep(for: grace)
        if !Task.isCancelled, process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    }
}

/// The end of what a program writes.
private final class Tail: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    func append(_ data: Data) {
        bytes.withLock { bytes in
            bytes += data
            if bytes.count > 4_096 { bytes.removeFirst(bytes.count - 4_096) }
        }
    }

    var lastLine: String {
        let text = String(decoding: bytes.withLock { $0 }, as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).last.map { String($0) } ?? ""
    }
}
