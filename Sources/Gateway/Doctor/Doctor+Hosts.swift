// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import NIOCore
import NIOHTTP1
import RTC
import SkyWay

/// A host that the gateway speaks to, and the settings that name it.
struct DoctorHost: Hashable, Sendable {
    /// What it is, such as "RTC API".
    var services: [String]
    /// Where it is.
    var host: SkyWayHost
    /// What names it.
    var settings: [String]
    /// Whether it tells SkyWay's time.
    var isSkyWay = true

    /// The heading of its checks.
    var heading: String { "\(Self.list(services)) (\(host.domain))" }

    /// The settings in words.
    var setting: String { Self.list(settings, by: "or") }

    private static func list(_ words: [String], by word: String = "and") -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return "\(words.dropLast().joined(separator: ", ")) \(word) \(last)"
    }
}

/// The ways to the hosts, layer by layer.
extension Doctor {
    func checkHosts(_ configuration: GatewayConfiguration) async {
        for host in Self.hosts(configuration.skyWay) { await check(host) }
    }

    /// The hosts of a configuration, each once.
    static func hosts(_ configuration: SkyWayConfiguration) -> [DoctorHost] {
        var hosts: [DoctorHost] = []
        func add(_ service: String, _ host: SkyWayHost, _ setting: String, isSkyWay: Bool = true) {
            if let index = hosts.firstIndex(where: { $0.host == host }) {
                hosts[index].services.append(service)
                hosts[index].settings.append(setting)
            } else {
                hosts.append(
                    DoctorHost(services: [service], host: host, settings: [setting], isSkyWay: isSkyWay)
                )
            }
        }
        add("RTC API", configuration.rtcAPI, "SKYWAY_RTC_API_HOST")
        add("SFU API", configuration.sfu, "SKYWAY_SFU_HOST")
        add("ICE parameters", configuration.iceParameters, "SKYWAY_ICE_PARAMS_HOST")
        for index in hosts.indices where hosts[index].services.count > 1 {
            hosts[index].settings = ["SKYWAY_HOST"] + hosts[index].settings
        }
        if case .server(let server, _) = configuration.tokens, let url = URL(string: server.url), let name = url.host()
        {
            let domain = url.port.map { "\(name):\($0)" } ?? name
            add(
                "Token server",
                SkyWayHost(domain, isSecure: url.scheme == "https"),
                "SKYWAY_TOKEN_URL",
                isSkyWay: false
            )
        }
        return hosts
    }

    /// Goes through the layers of a host until one fails.
    private func check(_ host: DoctorHost) async {
        begin(host.heading)
        guard
            let place = WebSocketAddress(isSecure: host.host.isSecure, authority: host.host.domain, target: "/")
        else {
            await check("DNS") {
                .problem("\"\(host.host.domain)\" is neither a host nor host:port", advice: "Correct \(host.setting).")
            }
            return
        }
        var layers = HostLayers(host: host, name: place.host, port: UInt16(clamping: place.port))
        await check("DNS") { await find(&layers) }
        await check("TCP") { await connect(&layers) }
        await check("TLS") { await secure(&layers) }
        await check("HTTP") { await ask(&layers) }
        layers.channel?.close(promise: nil)
    }

    private var probe: HostProbe { HostProbe(tls: machine.tls, timeout: timeout) }

    // MARK: DNS and TCP

    private func find(_ layers: inout HostLayers) async -> Finding {
        if let address = IPAddress(layers.name) {
            layers.addresses = [address]
            return .ok("\(address) is an address")
        }
        do {
            layers.addresses = try await lookup.addresses(layers.name)
        } catch {
            return .problem(
                "\(layers.name) is not found: \(error)",
                advice: """
                    Look at \(layers.host.setting) for a mistake, and at this machine's DNS: "getent hosts \(layers.name)".
                    """
            )
        }
        return .ok(layers.addresses.prefix(4).map(\.description).joined(separator: ", "))
    }

    private func connect(_ layers: inout HostLayers) async -> Finding {
        guard !layers.addresses.isEmpty else { return .skipped("the host is not found") }
        var failures: [String] = []
        for address in layers.addresses.prefix(4) {
            let target = TransportAddress(address, port: layers.port)
            do {
                let (channel, took) = try await probe.connect(to: target)
                layers.channel = channel
                layers.address = target
                let others = failures.isEmpty ? "" : "; not \(failures.joined(separator: ", "))"
                return .ok("port \(layers.port) in \(took.milliseconds)\(others)")
            } catch {
                failures.append("\(address): \(error)")
            }
        }
        let isDefault = layers.name.hasSuffix(".skyway.ntt.com")
        return .problem(
            "port \(layers.port) can't be reached: \(failures.joined(separator: ", "))",
            advice: isDefault
                ? "Let TCP out to port \(layers.port) of \(layers.name) on the firewall."
                : "Is it running there? Look at \(layers.host.setting), and at the firewall."
        )
    }

    // MARK: TLS

    private func secure(_ layers: inout HostLayers) async -> Finding {
        guard layers.host.host.isSecure else { return .skipped("not wanted: the settings say so") }
        guard let channel = layers.channel else { return .skipped("there is no connection") }
        do {
            let security = try await probe.secure(channel, as: layers.name)
            let review = try security.certificate.map { try CertificateReview(der: $0) }
            return .ok("\(security.version), the certificate is good until \(review?.ends ?? "an unknown day")")
        } catch {
            layers.channel?.close(promise: nil)
            layers.channel = nil
            return await flaw(of: layers, error)
        }
    }

    /// Has a second look, at a certificate that was refused.
    private func flaw(of layers: HostLayers, _ error: any Error) async -> Finding {
        guard let address = layers.address, case .tls? = error as? HostProbe.Failure,
            let (channel, _) = try? await probe.connect(to: address)
        else {
            return .problem(
                "TLS fails: \(error)",
                advice: "Something between here and \(layers.name) ends TLS connections: look at firewall and proxy."
            )
        }
        defer { channel.close(promise: nil) }
        guard let security = try? await probe.secure(channel, as: layers.name, verifies: false),
            let review = security.certificate.flatMap({ try? CertificateReview(der: $0) })
        else {
            return .problem(
                "what answers at port \(layers.port) does not speak TLS",
                advice: "For a server without TLS, such as SkyWayLocal, say SKYWAY_SECURE=false (--insecure)."
            )
        }
        return review.flaw(for: layers.name, at: Date(timeIntervalSince1970: machine.unixTime()))
    }

    // MARK: HTTP

    private func ask(_ layers: inout HostLayers) async -> Finding {
        guard let channel = layers.channel else { return .skipped("there is no connection") }
        layers.channel = nil
        do {
            let answer = try await probe.ask(channel, .HEAD, "/", host: layers.host.host.domain)
            if layers.host.isSkyWay { readClock(answer) }
            answering.insert(layers.host.host)
            guard answer.status < 500 else {
                return .note(
                    "answers with status \(answer.status)",
                    advice: "Nothing where the rest is well; else the service fails: see SkyWay's status page."
                )
            }
            return .ok("an answer in \(answer.roundTrip.milliseconds)")
        } catch {
            return .problem(
                "\(error)",
                advice: "Is \(layers.host.setting) right? Something else may listen there, or a proxy be between."
            )
        }
    }

    /// Compares our clock with the date of an answer, which has whole seconds.
    private func readClock(_ answer: HostProbe.Answer) {
        guard let date = answer.headers.first(name: "date"), let seconds = SkyWayClock.seconds(ofDate: date) else {
            return
        }
        let theirs = seconds + 0.5
        clients.clock.set(theirs)
        clockDifference = machine.unixTime() - theirs
    }
}

/// How far the way to a host has got.
struct HostLayers {
    let host: DoctorHost
    /// The name alone.
    let name: String
    let port: UInt16
    var addresses: [IPAddress] = []
    /// The address that took a connection.
    var address: TransportAddress?
    /// The connection.
    var channel: (any Channel)?
}
