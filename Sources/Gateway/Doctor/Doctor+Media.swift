// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver
import SkyWay

/// The ways of media to the SFU: UDP with DTLS, TCP, and through TURN.
extension Doctor {
    func checkMedia(
        _ forwardings: SkyWayForwardings,
        through link: SkyWayLink,
        _ skyWay: SkyWayConfiguration
    ) async {
        guard let transport = forwardings.transports.first, let credentials = transport.iceParameters.credentials else {
            return
        }
        var certificate: Certificate?
        await check("Transport") {
            do {
                let made = try Certificate.makeSelfSigned()
                _ = try await limited {
                    try await link.connectTransport(transport.id, fingerprint: .init(made.fingerprint))
                }
                certificate = made
                return .ok("the SFU knows our certificate")
            } catch {
                return .problem(Self.text(error), advice: Self.advice(error, skyWay.tokens))
            }
        }
        let probe = STUNProbe(credentials: credentials, host: HostProbe(tls: relayTLS(skyWay.turn), timeout: timeout))
        let isByUDP = await check("UDP to the SFU") { await candidateFinding(transport, .udp, probe, isNeeded: true) }
        let isByTCP = await check("TCP to the SFU") {
            await candidateFinding(transport, .tcp, probe, isNeeded: !isByUDP)
        }
        let (policy, servers) = await findRelays(through: link, skyWay)
        let isRelayed = await checkRelays(servers, of: skyWay.turn, transport, probe, isNeeded: !isByUDP && !isByTCP)
        await check("DTLS") {
            guard let certificate else { return .skipped("the SFU does not know our certificate") }
            guard isByUDP || isByTCP || isRelayed else { return .skipped("there is no way to the SFU") }
            return await dtlsFinding(transport, certificate, policy, servers)
        }
    }

    // MARK: Candidates

    /// Checks the SFU's candidates of one protocol, all at once.
    private func candidateFinding(
        _ transport: SFUTransportOptions,
        _ kind: TransportProtocol,
        _ probe: STUNProbe,
        isNeeded: Bool
    ) async -> Finding {
        let name = kind == .udp ? "UDP" : "TCP"
        let addresses = transport.addresses(kind)
        guard !addresses.isEmpty else { return .skipped("the SFU offers no \(name)") }
        let roundTrips = await withTaskGroup(of: (TransportAddress, Duration?).self) { group in
            for address in addresses.prefix(8) {
                group.addTask { (address, try? await probe.roundTrip(to: address)) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        let answers = addresses.compactMap { address in
            roundTrips[address].map { "\(address.place), round trip \($0.milliseconds)" }
        }
        if let first = answers.first { return .ok(first) }
        let places = addresses.map(\.place).joined(separator: ", ")
        let ports = Set(addresses.map(\.port)).sorted().map(String.init).joined(separator: ", ")
        let detail = "no answer from \(places)"
        guard kind == .udp else {
            let advice = "Let TCP out to port \(ports): it is the way out where UDP is blocked."
            return isNeeded ? .problem(detail, advice: advice) : .note(detail, advice: advice)
        }
        return .problem(
            detail,
            advice: "Let UDP out to any address, here to port \(ports), and the answers in: media goes best that way."
        )
    }

    /// Has a session connect as that of a broadcast does; it stays until the end, as its transport does.
    private func dtlsFinding(
        _ transport: SFUTransportOptions,
        _ certificate: Certificate,
        _ relays: RelayPolicy,
        _ servers: [TURNServer]
    ) async -> Finding {
        let began = ContinuousClock.now
        do {
            let worker = try await MediaWorker.start(MediaWorkerConfiguration(port: 0))
            self.worker = worker
            let way = try await EgressTransport.open(transport, on: worker, certificate: certificate, relays: relays)
            let media = way.media
            if !servers.isEmpty { try await media.setRelayServers(servers, trusting: relays.trust) }
            let profile = try await limited { try await Self.profile(of: media) }
            return .ok("\(profile.name) in \((ContinuousClock.now - began).milliseconds), with the checks before it")
        } catch let error as SocketError {
            return .problem("no UDP socket: \(error)", advice: "Look at the limits of this user or container.")
        } catch {
            return .problem(
                "no secure connection: \(Self.text(error))",
                advice: "A firewall between lets checks through but no DTLS: let all UDP to the SFU pass."
            )
        }
    }

    /// Ends the session.
    func endMedia() async {
        await worker?.shutdown()
        worker = nil
    }

    /// Waits until keys exist.
    private static func profile(of media: MediaSession) async throws -> SRTPProfile {
        for await event in media.events {
            switch event {
            case .connected(let profile): return profile
            case .closed(let reason): throw SkyWayError(.sfuFailure, .sfu, detail: "the session ended: \(reason)")
            default: continue
            }
        }
        throw SkyWayError(.stopped, .gateway)
    }
}

extension TransportAddress {
    /// Address and port alone.
    fileprivate var place: String { TransportAddress(ip, port: port).description }
}

extension SFUTransportOptions {
    /// The addresses of its candidates of one protocol.
    func addresses(_ kind: TransportProtocol) -> [TransportAddress] {
        candidates.map(\.address).filter { $0.transport == kind }
    }
}
