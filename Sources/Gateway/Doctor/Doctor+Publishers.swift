// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import RTC
import RTCDriver
import SkyWay

/// What publishers are told and asked for.
extension Doctor {
    /// The system's lookup, unless a test has its own.
    var lookup: HostLookup { machine.lookup ?? .system(patience: timeout) }

    /// Whether the announced hosts are found, are there or may be in front of us, and whether publishers get through.
    func addressesFinding(_ configuration: GatewayConfiguration) async -> Finding {
        var announced: [IPAddress] = []
        for host in configuration.announced {
            switch host {
            case .address(let address):
                announced.append(address)
            case .name(let name):
                guard case .success(let found)? = await lookup.addresses(of: [name])[name] else {
                    return .problem(
                        "\(name) in GATEWAY_ANNOUNCE is not found",
                        advice: "Correct the name, or give it an address in DNS; or announce the address itself."
                    )
                }
                announced += found
            }
        }
        let list = AnnouncedAddresses(announced, includesInterfaces: !configuration.announcesOnly)
        let told = list.current()
        let review = AddressReview(
            addresses: told,
            udpPorts: Self.ports(from: configuration.mediaPort, configuration.mediaWorkers),
            tcpPorts: Self.tcpPorts(configuration),
            expectsOthers: !configuration.isOnLoopback || configuration.whip.publicOrigin != nil
        )
        if let stranger = stranger(among: announced, review) { return stranger }
        if let finding = review.finding {
            return told.isEmpty
                ? .problem(finding.message, advice: finding.advice)
                : .note(Self.sentence(finding.message), advice: finding.advice)
        }
        return .ok("publishers are told \(told.map(\.description).joined(separator: ", "))")
    }

    /// An announced address that neither is here nor can be that of a NAT in front of us.
    private func stranger(among announced: [IPAddress], _ review: AddressReview) -> Finding? {
        let own = machine.addresses()
        let strangers = announced.filter { !own.contains($0) && !$0.isLoopback }
        if let address = strangers.first(where: { !$0.isPublic }), !machine.isContainer {
            return .problem(
                "GATEWAY_ANNOUNCE has \(address), which is no address of this machine",
                advice: """
                    This machine has \(own.filter { !$0.isLoopback && !$0.isLinkLocal }.listed); announce one of these, or \
                    keep it only where that host passes \(review.ports) on to this one.
                    """
            )
        }
        guard let address = strangers.first else { return nil }
        return .note(
            "GATEWAY_ANNOUNCE has \(address), which is no address of this machine",
            advice:
                "Right where the NAT or host in front passes \(review.ports) on to this machine, under the same number."
        )
    }

    private static func ports(from first: UInt16, _ count: Int) -> [UInt16] {
        (0..<count).map { first &+ UInt16($0) }
    }

    private static func tcpPorts(_ configuration: GatewayConfiguration) -> [UInt16] {
        switch configuration.mediaTCPPort {
        case .off: []
        case .sameAsUDP: ports(from: configuration.mediaPort, configuration.mediaWorkers)
        case .number(let number): ports(from: number, configuration.mediaWorkers)
        }
    }

    private static func sentence(_ message: String) -> String { message.prefix(1).lowercased() + message.dropFirst() }

    // MARK: Who may publish

    /// Whether `serve` would start with what it is told of publishers.
    func openness(_ configuration: GatewayConfiguration) async -> Finding {
        guard !configuration.isOpen || configuration.isOnLoopback || configuration.allowsAnyone else {
            return .problem(
                "at \(configuration.httpHost) anybody who reaches this machine could publish, so serve does not start",
                advice: """
                    Make stream keys with "key add" and set GATEWAY_STREAM_KEYS, set GATEWAY_BEARER_TOKEN, or say \
                    --allow-anyone.
                    """
            )
        }
        do {
            _ = try await PublishAuthorizer(configuration, logger: logger)
        } catch {
            return .problem("\(error)", advice: "Look at GATEWAY_STREAM_KEYS and GATEWAY_JWKS.")
        }
        guard configuration.isOpen else {
            let means = [
                configuration.streamKeys.map { "stream keys in \($0)" }, configuration.keySet.map { "tokens by \($0)" },
                configuration.bearerTokens.isEmpty ? nil : "a bearer token",
                configuration.hook == nil ? nil : "a hook",
            ]
            return .ok("who has \(means.compactMap(\.self).joined(separator: ", "))")
        }
        return .ok(configuration.isOnLoopback ? "everybody on this machine" : "everybody, as GATEWAY_ALLOW_ANYONE says")
    }

    /// Whether HTTPS can be served.
    func certificatesFinding(_ files: [CertificateFiles]) -> Finding {
        do {
            let ends = try files.map { try CertificateReview(file: $0.certificate).end }
            _ = try ServerCertificates(files, logger: logger)
            let now = Date(timeIntervalSince1970: machine.unixTime())
            guard let end = ends.min(), end > now else {
                return .problem(
                    "a certificate in GATEWAY_TLS_CERTIFICATE has run out",
                    advice: "Renew it; the gateway reads its files again when they change."
                )
            }
            return .ok("good until \(CertificateReview.text(end))")
        } catch {
            return .problem("\(error)", advice: "Look at GATEWAY_TLS_CERTIFICATE and GATEWAY_TLS_KEY.")
        }
    }
}

extension [IPAddress] {
    /// The addresses in words.
    fileprivate var listed: String { isEmpty ? "none" : map(\.description).joined(separator: ", ") }
}
