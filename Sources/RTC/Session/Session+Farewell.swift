// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

/// What a session still has to say after its end.
struct Farewell: Sendable, BitwiseCopyable {
    /// When `close_notify` is said again.
    var next: MonotonicTime
    /// The wait after that.
    var wait: Duration

    /// The wait before `close_notify` is said again; each further one is twice as long.
    static let firstWait: Duration = .milliseconds(50)
    /// After a wait of this length nothing more is said: four times in 350 ms.
    static let lastWait: Duration = .milliseconds(200)
}

/// The end of a session, told to the peer so that it is heard: UDP loses datagrams, DTLS repeats no alerts, and who does
/// not hear of the end goes on sending until its own consent expires.
extension Session {
    /// Whether the session has ended and has nothing more to say.
    ///
    /// Mutating, so that the session is not copied for it.
    package var isFinished: Bool {
        mutating get { isClosed && farewell == nil }
    }

    /// Sees to it that `close_notify`, which is on its way, is said again.
    mutating func beginFarewell() {
        guard dtls?.awaitsCloseNotify == true, selectedAddress?.transport != .tcp else { return }
        farewell = Farewell(next: now + Farewell.firstWait, wait: Farewell.firstWait * 2)
    }

    /// Says `close_notify` again where it is due.
    mutating func repeatFarewell() {
        guard let due = farewell, due.next <= now else { return }
        dtls?.repeatCloseNotify()
        farewell = due.wait > Farewell.lastWait ? nil : Farewell(next: due.next + due.wait, wait: due.wait * 2)
    }

    /// Takes what comes after the end: nothing but the peer's `close_notify` matters.
    mutating func receiveFarewell(_ bytes: RawSpan, from source: TransportAddress) throws(DropReason) -> Received {
        guard farewell != nil, source == selectedAddress, (20...63).contains(bytes.byte(at: 0)), let dtls else {
            throw .closed
        }
        isQuiet = false
        dtls.receive(bytes)
        if !dtls.awaitsCloseNotify { farewell = nil }
        return .consumed
    }
}
