// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// Why a worker did not do what it was asked for.
package enum MediaWorkerError: Error, Hashable, Sendable {
    /// The worker has been shut down.
    case stopped
    /// The session has ended.
    case sessionEnded
    /// Another session of the worker has the same ICE user name fragment.
    case fragmentInUse
    /// The two sessions live on different workers, and packets don't cross from one to the other.
    case differentWorkers
    /// The session has no track or stream at that place.
    case noSuchStream
    /// A session is being recorded already.
    case captureRunning
    /// The session refused.
    case session(SessionError)
    /// The session's own socket could not be opened.
    case socket(SocketError)
}
