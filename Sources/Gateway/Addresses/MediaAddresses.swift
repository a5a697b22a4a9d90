// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC
import RTCDriver

/// Keeps the addresses that publishers are told up to date, and tells the operator what they are.
actor MediaAddresses {
    /// What publishers are told.
    nonisolated let announced: AnnouncedAddresses
    private let lookup: HostLookup
    private let logger: Logger
    private var hosts: AnnouncedHostTable
    private var told: AddressReview?

    /// Makes a list that has the announced addresses, and names once they are looked up.
    ///
    /// - Parameters:
    ///   - configuration: the gateway's.
    ///   - lookup: finds names.
    ///   - logger: where it reports.
    init(_ configuration: GatewayConfiguration, lookup: HostLookup = .system(), logger: Logger) {
        hosts = AnnouncedHostTable(configuration.announced, at: .now)
        announced = AnnouncedAddresses(hosts.addresses, includesInterfaces: !configuration.announcesOnly)
        self.lookup = lookup
        self.logger = logger
    }

    /// Looks up the names that are due.
    ///
    /// - Parameter now: the present moment.
    func lookUp(at now: ContinuousClock.Instant = .now) async {
        let due = hosts.due(at: now)
        guard !due.isEmpty else { return }
        for (name, result) in await lookup.addresses(of: due) {
            switch result {
            case .success(let addresses):
                hosts.found(addresses, of: name, at: now)
            case .failure(let error):
                guard hosts.failed(name, at: now) else { continue }
                logger.warning(
                    "An announced host name was not found; it is tried again",
                    metadata: [
                        "name": "\(name)", "error": "\(error)",
                        "advice": "Look at GATEWAY_ANNOUNCE, and at this machine's DNS.",
                    ]
                )
            }
        }
        announced.configured = hosts.addresses
    }

    /// Says what publishers are told, where that is new, and what the operator may want to change.
    ///
    /// - Parameter review: makes a review of addresses.
    func tell(_ review: @Sendable ([IPAddress]) -> AddressReview) {
        let fresh = review(announced.current())
        guard fresh != told else { return }
        let message: Logger.Message =
            told == nil ? "Publishers are told these addresses for media" : "Publishers are told other addresses now"
        logger.info(
            message,
            metadata: [
                "addresses": "\(fresh.addresses.map(\.description).joined(separator: " "))",
                "ports": "\(fresh.ports)",
            ]
        )
        if let finding = fresh.finding, finding != told?.finding {
            logger.warning("\(finding.message)", metadata: ["advice": "\(finding.advice)"])
        }
        told = fresh
    }

    /// Looks up names as they become due, and notices when interfaces come and go, until the task is cancelled.
    ///
    /// Sessions are told what is there when they begin; this is for the log and for names.
    ///
    /// - Parameters:
    ///   - interval: the time between two looks.
    ///   - review: makes a review of addresses.
    func watch(every interval: Duration, _ review: @Sendable ([IPAddress]) -> AddressReview) async {
        while (try? await Task.sleep(for: interval)) != nil {
            await lookUp()
            tell(review)
        }
    }
}
