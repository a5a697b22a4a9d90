// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// What others than the worker see of a capture.
final class CaptureProgress: Sendable {
    private struct State {
        var dropped: [UInt64]
        var isOver = false
    }

    private let state: Mutex<State>

    /// Makes the progress of a capture that begins.
    ///
    /// - Parameter legs: how many legs are told apart.
    init(legs: Int) {
        state = Mutex(State(dropped: Array(repeating: 0, count: legs)))
    }

    /// How many packets of each leg there were that did not find room.
    var dropped: [UInt64] { state.withLock(\.dropped) }

    /// Whether nothing more is recorded.
    var isOver: Bool { state.withLock(\.isOver) }

    /// Counts the packets of a chunk that did not find room.
    func addDropped(_ chunk: CaptureChunk) {
        state.withLock { state in for packet in chunk.packets { state.dropped[packet.leg] += 1 } }
    }

    /// Nothing more is recorded.
    func end() { state.withLock { $0.isOver = true } }
}
