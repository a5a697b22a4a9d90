// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How fast a socket asks, where that is limited: so many requests in each second of the server's clock.
struct RequestRate: Sendable {
    /// The most requests a second; `nil` for any number.
    private let limit: Int?
    private var second: Int64 = 0
    private var count = 0

    /// Makes a count that begins with zero.
    init(limit: Int?) { self.limit = limit }

    /// Counts a request.
    ///
    /// - Parameter second: when it came, in seconds since 1970.
    /// - Returns: whether it may be done.
    mutating func take(at second: Int64) -> Bool {
        guard let limit else { return true }
        if second != self.second {
            self.second = second
            count = 0
        }
        count += 1
        return count <= limit
    }
}
