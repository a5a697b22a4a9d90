// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

@testable import Gateway
@testable import SkyWay

extension BroadcastReport {
    /// A report of a broadcast that has just begun, in the room `studio`.
    static func example(_ number: UInt64 = 1) -> BroadcastReport {
        let publisher = Publisher(address: "192.0.2.1", userAgent: "OBS", key: "key abcd", session: "01234567")
        return BroadcastReport(BroadcastID(number), publisher: publisher, room: .name("studio"))
    }
}
