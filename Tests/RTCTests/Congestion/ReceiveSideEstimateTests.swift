// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

@Suite("What a peer may send, by the send times in its packets")
struct ReceiveSideEstimateTests {
    @Test("a sender whose clock runs away does no harm")
    func runaway() {
        var estimate = ReceiveSideEstimate()
        var time: UInt32 = 0
        for step in 0..<70_000 {
            _ = estimate.receive(absSendTime: time, size: 1_200, roundTrip: nil, at: .milliseconds(step))
            // As far ahead as can be told.
            time = (time + (1 << 23) - 1) & 0xFF_FFFF
        }
        #expect(estimate.bitrate >= 30_000)
    }
}
