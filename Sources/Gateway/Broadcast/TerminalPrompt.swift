// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
package import SkyWay
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Asks for channels in the terminal that the gateway was started from, one question at a time.
package struct TerminalPrompt: ChannelPrompting {
    private let input: Int32
    private let output: Int32
    private let turns = Turns()

    /// How often an answer that can't be a channel is asked for again.
    private static let attempts = 3

    /// Makes a prompt on two file descriptors.
    ///
    /// - Parameters:
    ///   - input: where answers are read.
    ///   - output: where questions are written.
    package init(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) {
        self.input = input
        self.output = output
    }

    /// The terminal of this process; `nil` where there is none, or where it is somebody else's turn to read from it.
    package static func attached() -> TerminalPrompt? {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, tcgetpgrp(STDIN_FILENO) == getpgrp() else {
            return nil
        }
        return TerminalPrompt()
    }

    package func channel(for publisher: String) async -> ChannelReference? {
        guard await turns.take() else { return nil }
        defer { turns.pass() }
        write("\n\(publisher.prefix(120)) wants to publish.\n")
        for _ in 0..<Self.attempts {
            write("Channel id or name: ")
            guard let line = await LineReader(descriptor: input).line() else {
                write("\n")
                return nil
            }
            if let channel = ChannelReference(line.trimmingCharacters(in: .whitespaces)) { return channel }
            write("That is neither an id nor a name of letters, digits and -._%*.\n")
        }
        return nil
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { systemWrite(output, $0.baseAddress, $0.count) }
    }
}

/// Lets one task after another have something, in the order in which they ask.
private final class Turns: Sendable {
    private struct State {
        var isTaken = false
        var queue: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var nextID = 0
    }

    private let state = Mutex(State())

    /// Waits for those who asked before; false when cancelled meanwhile.
    func take() async -> Bool {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isMine = state.withLock { state in
                    guard state.isTaken else {
                        state.isTaken = true
                        return true
                    }
                    state.queue.append((id, continuation))
                    return false
                }
                if isMine { continuation.resume(returning: true) }
                // The handler may have run before there was anything to leave.
                if Task.isCancelled { leave(id) }
            }
        } onCancel: {
            leave(id)
        }
    }

    /// Gives the turn to whoever waits longest.
    func pass() {
        let next = state.withLock { state in
            if state.queue.isEmpty { state.isTaken = false }
            return state.queue.isEmpty ? nil : state.queue.removeFirst().continuation
        }
        next?.resume(returning: true)
    }

    private func leave(_ id: Int) {
        let left = state.withLock { state in
            state.queue.firstIndex { $0.id == id }.map { state.queue.remove(at: $0).continuation }
        }
        left?.resume(returning: false)
    }
}

/// Reads one line on a thread of its own, since reading from a terminal blocks; gives up when its task is cancelled.
private final class LineReader: Sendable {
    private let descriptor: Int32
    private let isCancelled = Atomic(false)
    private static let limit = 256

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// The line without its end; `nil` at the end of the input or when the task is cancelled.
    func line() async -> String? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: self.read()) }
            }
        } onCancel: {
            isCancelled.store(true, ordering: .relaxed)
        }
    }

    private func read() -> String? {
        var line: [UInt8] = []
        while !isCancelled.load(ordering: .relaxed) {
            var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&question, 1, 100)
            if ready == 0 || (ready < 0 && errno == EINTR) { continue }
            var byte: UInt8 = 0
            guard ready > 0, systemRead(descriptor, &byte, 1) == 1 else { return nil }
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            if line.count < Self.limit { line.append(byte) }
        }
        return nil
    }
}

/// `read`, which methods of the same name hide.
private func systemRead(_ descriptor: Int32, _ byte: inout UInt8, _ count: Int) -> Int {
    read(descriptor, &byte, count)
}

/// `write`, which methods of the same name hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
