// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Who answers receiver reference times, so that a receiver knows the round trip too (RFC 3611 §5.1, `rcvr-rtt`).
package enum SDPReceiverRoundTrip: String, Hashable, Sendable {
    /// Everybody.
    case all
    /// Those that send media.
    case sender

    /// Reads the value of `a=rtcp-xr`: `rcvr-rtt=all:10000 voip-metrics`; `nil` where it says nothing of round trips.
    init?(reportsIn value: Substring) {
        for report in value.fields() {
            guard let (name, mode) = report.cut(at: "="), name == "rcvr-rtt" else { continue }
            self.init(rawValue: String(mode.cut(at: ":")?.head ?? mode))
            return
        }
        return nil
    }
}
