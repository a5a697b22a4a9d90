// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The clock tokens, time to live and `getServerUnixtime` go by, and the one this server waits with.
///
/// It is a value that is passed in, so that tests move time themselves.
package struct ServerClock: Sendable {
    private let read: @Sendable () -> Int64
    private let wait: @Sendable (Int64) async throws -> Void

    /// Makes a clock.
    ///
    /// - Parameters:
    ///   - read: gives the time in milliseconds since 1970.
    ///   - wait: returns at a time in milliseconds since 1970, or throws when cancelled.
    package init(
        read: @escaping @Sendable () -> Int64,
        wait: @escaping @Sendable (Int64) async throws -> Void
    ) {
        self.read = read
        self.wait = wait
    }

    /// The machine's clock.
    package static let system = ServerClock(
        read: { systemMilliseconds },
        wait: { try await Task.sleep(for: .milliseconds($0 - systemMilliseconds)) }
    )

    private static var systemMilliseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    /// Milliseconds since 1970: what `getServerUnixtime` answers (protocol page §2.3).
    package var unixMilliseconds: Int64 { read() }

    /// Whole seconds since 1970: what tokens and time to live count in.
    package var unixSeconds: Int64 { read() / 1000 }

    /// A clock that is off by so many milliseconds, and goes as fast as this one.
    ///
    /// - Parameter offset: how far it is ahead.
    /// - Returns: the clock.
    func shifted(by offset: @escaping @Sendable () -> Int64) -> ServerClock {
        ServerClock(read: { [read] in read() + offset() }, wait: { [wait] in try await wait($0 - offset()) })
    }

    /// Waits on this clock.
    ///
    /// - Parameter duration: how long.
    /// - Throws: `CancellationError` when the task is cancelled.
    package func sleep(for duration: Duration) async throws {
        let (seconds, attoseconds) = duration.components
        try await wait(read() + seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    /// Waits on this clock.
    ///
    /// - Parameter moment: until when, in milliseconds since 1970.
    /// - Throws: `CancellationError` when the task is cancelled.
    func sleep(until moment: Int64) async throws { try await wait(moment) }
}
