// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import RTC

/// Sends connectivity checks to one candidate of the SFU by hand, and measures how long the answers take.
///
/// Each is a Binding request as ICE has it (RFC 8445 §7.2), so only the SFU's transport can answer it. None nominates: a
/// session that uses the transport is left alone.
struct STUNProbe: Sendable {
    /// The SFU's credentials.
    let credentials: ICECredentials
    /// What opens connections, and whose limit is that for the answers.
    let host: HostProbe

    /// Checks a candidate.
    ///
    /// - Parameter address: the candidate's; by TCP it is connected to first (RFC 6544, active).
    /// - Returns: the shortest round trip.
    /// - Throws: `HostProbe.Failure` where no connection or no answer comes.
    func roundTrip(to address: TransportAddress) async throws -> Duration {
        let isUDP = address.transport == .udp
        let channel = isUDP ? try await openUDP(to: address) : try await host.connect(to: address).0
        return try await exchange(on: channel) { pipeline in
            if isUDP {
                try pipeline.addHandler(try DatagramCodec(address))
            } else {
                try pipeline.addHandler(FrameCodec())
            }
            return true
        }
    }

    /// Checks a candidate through a TURN server.
    ///
    /// - Parameters:
    ///   - address: the candidate's, by UDP.
    ///   - server: the server.
    /// - Returns: the shortest round trip.
    /// - Throws: `HostProbe.Failure` or `TURNFailure` where there is no way through the server, or no answer comes.
    func roundTrip(to address: TransportAddress, by server: TURNServer) async throws -> Duration {
        let isUDP = server.transport == .udp
        let channel = isUDP ? try await openUDP(to: server.address) : try await host.connect(to: server.address).0
        if server.transport == .tls { _ = try await host.secure(channel, as: server.name) }
        return try await exchange(on: channel) { pipeline in
            if isUDP {
                try pipeline.addHandler(try DatagramCodec(server.address))
            } else {
                try pipeline.addHandler(TURNFrameDecoder())
            }
            try pipeline.addHandler(TURNChannel(server, peer: address))
            return false
        }
    }

    /// Exchanges checks and answers.
    ///
    /// - Parameters:
    ///   - channel: the way.
    ///   - prepare: adds what leads to the candidate, and says whether that is open already.
    /// - Returns: the shortest round trip.
    /// - Throws: why there is none.
    private func exchange(
        on channel: any Channel,
        _ prepare: @escaping @Sendable (ChannelPipeline.SynchronousOperations) throws -> Bool
    ) async throws -> Duration {
        let answered = channel.eventLoop.makePromise(of: Duration.self)
        channel.eventLoop.execute {
            let pipeline = channel.pipeline.syncOperations
            do {
                let isOpen = try prepare(pipeline)
                let exchange = STUNExchange(credentials, timeout: TimeAmount(host.timeout), isOpen: isOpen, answered)
                try pipeline.addHandler(exchange)
            } catch {
                answered.fail(error)
            }
        }
        defer { channel.close(promise: nil) }
        return try await answered.futureResult.get()
    }

    private func openUDP(to address: TransportAddress) async throws -> any Channel {
        try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: address.ip.isIPv4 ? "0.0.0.0" : "::", port: 0).get()
    }
}
