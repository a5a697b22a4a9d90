// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

/// The sessions of a chain, configured as the publisher, the gateway and SkyWayLocal configure theirs.
struct ChainEnds {
    static let publisherAddress = TransportAddress(IPAddress(ipv4: 0x0a00_0001), port: 50_000)
    static let gatewayAddress = TransportAddress(IPAddress(ipv4: 0x0a00_0002), port: 40_000)
    static let egressAddress = TransportAddress(IPAddress(ipv4: 0x0a00_0102), port: 45_000)
    static let sfuAddress = TransportAddress(IPAddress(ipv4: 0x0a00_0103), port: 41_000)

    private let certificate: Certificate
    private let clock = WallClock(
        monotonic: SimulatedChain.start,
        ntp: NTPTime(unixNanoseconds: 1_790_000_000_000_000_000)
    )
    private let credentials: (near: ICECredentials, far: ICECredentials)
    private let seed: UInt64

    init(seed: UInt64) throws {
        certificate = try #require(SessionPair.certificate)
        var generator = SplitMix64(seed: seed)
        credentials = (.make(using: &generator), .make(using: &generator))
        self.seed = generator.next()
    }

    /// A publisher makes key frames when it is asked for them, not because packets are.
    var publisher: SessionConfiguration {
        var result = configuration(controlling(towards: Self.gatewayAddress, credentials.near), .client, seed &+ 1)
        result.mendsEagerly = false
        return result
    }

    var viewer: SessionConfiguration {
        configuration(controlling(towards: Self.sfuAddress, credentials.near), .client, seed &+ 2)
    }

    var ingest: SessionConfiguration {
        var result = configuration(
            .lite(credentials.near, .ingest(outliving: Liveness())),
            .server,
            seed &+ 3
        )
        result.liveness = Liveness()
        result.feedbackSSRC = 0xFEED_0001
        return result
    }

    var egress: SessionConfiguration {
        var result = configuration(controlling(towards: Self.sfuAddress, credentials.far), .client, seed &+ 4)
        result.watchesCongestion = true
        return result
    }

    var producer: SessionConfiguration { lite(credentials.far, seed &+ 5) }

    var consumer: SessionConfiguration { lite(credentials.near, seed &+ 6) }

    private func lite(_ credentials: ICECredentials, _ seed: UInt64) -> SessionConfiguration {
        var result = configuration(.lite(credentials, .mediasoup), .server, seed)
        result.estimatesBandwidth = true
        result.mendsEagerly = false
        return result
    }

    private func controlling(
        towards address: TransportAddress,
        _ remote: ICECredentials
    ) -> SessionConfiguration.Connectivity {
        var generator = SplitMix64(seed: seed)
        return .controlling(
            ICEControllingConfiguration(
                local: .make(using: &generator),
                remote: remote,
                candidates: [ICECandidate(host: address)]
            )
        )
    }

    private func configuration(
        _ connectivity: SessionConfiguration.Connectivity,
        _ role: DTLSRole,
        _ seed: UInt64
    ) -> SessionConfiguration {
        SessionConfiguration(
            connectivity: connectivity,
            certificate: certificate,
            dtls: DTLSParameters(role: role, fingerprints: [certificate.fingerprint]),
            wallClock: clock,
            seed: seed
        )
    }
}
