// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// The addresses of announced hosts, and when each name is to be looked up again.
///
/// A name that was found is looked up again each minute, since its address may change. One that was not is tried again
/// after 5 s, then after twice as long each time up to a minute; what it stood for before stays meanwhile.
struct AnnouncedHostTable {
    private static let interval = Duration.seconds(60)
    private static let firstRetry = Duration.seconds(5)

    private struct Entry {
        var addresses: [IPAddress]
        var due: ContinuousClock.Instant
        var failures = 0
    }

    private let hosts: [AnnouncedHost]
    private var entries: [String: Entry] = [:]

    /// Makes a table; all names are to be looked up at once.
    init(_ hosts: [AnnouncedHost], at now: ContinuousClock.Instant) {
        self.hosts = hosts
        for case .name(let name) in hosts { entries[name] = Entry(addresses: [], due: now) }
    }

    /// The addresses of all hosts, in the hosts' order, IPv4 and IPv6 as each name gives them.
    var addresses: [IPAddress] {
        hosts.flatMap { host in
            switch host {
            case .address(let address): [address]
            case .name(let name): entries[name]?.addresses ?? []
            }
        }
    }

    /// The names that are to be looked up.
    func due(at now: ContinuousClock.Instant) -> [String] {
        entries.filter { $0.value.due <= now }.map(\.key).sorted()
    }

    /// Takes what a name stands for.
    mutating func found(_ addresses: [IPAddress], of name: String, at now: ContinuousClock.Instant) {
        entries[name] = Entry(addresses: addresses, due: now + Self.interval)
    }

    /// Notes that a name was not found; says whether it is the first time since it was.
    mutating func failed(_ name: String, at now: ContinuousClock.Instant) -> Bool {
        guard var entry = entries[name] else { return false }
        entry.due = now + min(Self.firstRetry * (1 << min(entry.failures, 4)), Self.interval)
        entry.failures += 1
        entries[name] = entry
        return entry.failures == 1
    }
}
