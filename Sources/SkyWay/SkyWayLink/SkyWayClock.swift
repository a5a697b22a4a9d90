// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// The server's clock, kept by our monotonic one: tokens and members' times are absolute by the server's.
struct ServerClock: Sendable {
    private let unixTime: Double
    private let readAt: ContinuousClock.Instant

    init(unixTime: Double, readAt: ContinuousClock.Instant = .now) {
        self.unixTime = unixTime
        self.readAt = readAt
    }

    /// Seconds since 1970 as the server counts them.
    func now(at instant: ContinuousClock.Instant = .now) -> Double { unixTime + (instant - readAt) / .seconds(1) }
}

/// What is known of SkyWay's clock, shared by all links of a process.
///
/// The first reading is the `Date` of an answer to a plain request, since a token has to be made before the RTC API can
/// be asked; `getServerUnixtime` then tells it exactly. Until there is one, this machine's clock has to do.
package final class SkyWayClock: Sendable {
    private let reading = Mutex<ServerClock?>(nil)

    package init() {}

    /// Whether the server has been heard.
    var isKnown: Bool { reading.withLock { $0 != nil } }

    /// Seconds since 1970.
    package func now(at instant: ContinuousClock.Instant = .now) -> Double {
        reading.withLock { $0 }?.now(at: instant) ?? Date().timeIntervalSince1970
    }

    /// The server has told its time, in seconds since 1970.
    package func set(_ unixTime: Double) { reading.withLock { $0 = ServerClock(unixTime: unixTime) } }

    /// Reads the `Date` of an answer of the server; does nothing where there is none in time.
    func ask(_ host: SkyWayHost, _ client: HTTPClient, limit: TimeAmount = .seconds(1)) async {
        var request = HTTPClientRequest(url: host.httpBase + "/")
        request.method = .HEAD
        guard let response = try? await client.execute(request, timeout: limit),
            let text = response.headers.first(name: "date"), let time = Self.seconds(ofDate: text)
        else { return }
        // The date has whole seconds: half a second is the least that it can be wrong by.
        set(time + 0.5)
    }

    /// Seconds since 1970 of an HTTP date in the form that is sent (RFC 9110 §5.6.7).
    package static func seconds(ofDate text: String) -> Double? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.date(from: text)?.timeIntervalSince1970
    }
}
