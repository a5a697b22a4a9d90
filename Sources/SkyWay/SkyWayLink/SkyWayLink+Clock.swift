// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How a link learns SkyWay's time, which its tokens and the member's time end by.
extension SkyWayLink {
    /// For so long a token waits for the server's time before the date of an answer has to do.
    private static let patience = Duration.seconds(5)

    /// When the member's time is to end, by the server's clock.
    var expiry: Int { Int(clock.now()) + Int(memberTTL.components.seconds) }

    /// Has the server tell its time.
    func readServerTime() async throws {
        clock.set(try await api.getServerUnixtime())
        isClockRead = true
        promptRenewal()
    }

    /// Has the server tell its time now that the connection is back; where it does not, the next renewal of the member's
    /// time asks again.
    func readServerTimeAnew() async {
        isClockRead = false
        await readServerTimeIfMissing()
    }

    /// Has the server tell its time where it has not since the connection came back.
    func readServerTimeIfMissing() async {
        if !isClockRead { try? await readServerTime() }
    }

    /// Reads what a token's times are compared with: by the open connection, else by the date of an answer.
    func readServerTimeOrDate() async {
        let late = SkyWayError(.timeout, .rtcAPI)
        if await api.isOpen,
            (try? await withTimeout(Self.patience, error: late) { try await self.readServerTime() }) != nil
        {
            return
        }
        await clock.ask(configuration.sfu, http)
    }
}
