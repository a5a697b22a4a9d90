// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The files and sockets that this process may have open.
enum OpenFiles {
    /// How many connections may be open at a time, so that as much is left for media and the way to SkyWay.
    ///
    /// - Parameter wanted: the most that is wanted.
    /// - Returns: that, or half of what the process may open.
    static func share(atMost wanted: Int) -> Int {
        guard let limit else { return wanted }
        return min(wanted, max(16, limit / 2))
    }

    /// How many the process may have open; `nil` where the system does not say.
    static var limit: Int? {
        var allowed = rlimit()
        #if canImport(Darwin)
            let result = getrlimit(RLIMIT_NOFILE, &allowed)
        #else
            let result = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &allowed)
        #endif
        return result == 0 ? Int(clamping: allowed.rlim_cur) : nil
    }
}
