// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// The lines that a process writes: the last ones in memory, all of them up to a bound in a file.
final class LineLog: Sendable {
    private struct State {
        var lines: [String] = []
        /// Lines no longer in memory.
        var forgotten = 0
        var bytes = 0
    }

    private static let linesInMemory = 20_000
    private static let bytesInFile = 32 << 20

    private let state = Mutex(State())
    private let file: FileHandle?

    init(file url: URL) {
        _ = FileManager.default.createFile(atPath: url.path, contents: nil)
        file = try? FileHandle(forWritingTo: url)
    }

    deinit { try? file?.close() }

    /// How many lines there have been: a place to search from.
    var end: Int { state.withLock { $0.forgotten + $0.lines.count } }

    /// The lines from a place on, as far as they are still in memory.
    func lines(from start: Int = 0) -> [String] {
        state.withLock { Array($0.lines.dropFirst(max(0, start - $0.forgotten))) }
    }

    func append(_ line: String) {
        let fits = state.withLock { state in
            state.lines.append(line)
            if state.lines.count > Self.linesInMemory {
                state.lines.removeFirst(Self.linesInMemory / 2)
                state.forgotten += Self.linesInMemory / 2
            }
            state.bytes += line.utf8.count + 1
            return state.bytes <= Self.bytesInFile
        }
        if fits { try? file?.write(contentsOf: Data("\(line)\n".utf8)) }
    }
}
