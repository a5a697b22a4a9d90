// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

@testable import RTCDriver

/// A TURN server on the loopback interface for one client: the machine of `RTCTesting` with two sockets.
final class RelayServer {
    static let credentials = TURNCredentials(username: "user", password: "password")

    private(set) var machine: SimulatedTURNServer
    private let batch = DatagramBatch(DatagramBatch.Configuration())
    private let clients: DatagramSocket
    private let peers: DatagramSocket
    private let lanes: (clients: Int, peers: Int)

    init() throws {
        clients = try DatagramSocket(bindingTo: DatagramFixture.anyLoopbackPort, options: .init())
        peers = try DatagramSocket(bindingTo: DatagramFixture.anyLoopbackPort, options: .init())
        lanes = (batch.addLane(on: clients), batch.addLane(on: peers))
        machine = try SimulatedTURNServer(
            at: .loopbackIPv4,
            firstPort: peers.localAddress.port,
            for: Self.credentials
        )
    }

    /// How a session is told of it.
    var description: TURNServer {
        TURNServer(
            .loopbackIPv4,
            port: clients.localAddress.port,
            transport: .udp,
            name: "127.0.0.1",
            credentials: Self.credentials
        )
    }

    /// Serves until a condition holds.
    func serve(until isDone: () async throws -> Bool) async throws {
        while try await !isDone() {
            take(from: clients) { machine.receive($0, from: $1, at: Clock.now) }
            take(from: peers) { machine.receive($0, from: $1, to: peers.localAddress, at: Clock.now) }
            batch.flush()
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    private func take(
        from socket: DatagramSocket,
        _ receive: ([UInt8], TransportAddress) -> [SimulatedTURNServer.Output]
    ) {
        let count = batch.receive(from: socket)
        // Slots are valid until the next call that receives.
        let messages = (0..<count).compactMap { batch.message(at: $0) }.map { (Array($0.bytes), $0.source) }
        for (bytes, source) in messages {
            for output in receive(bytes, source) { send(output) }
        }
    }

    private func send(_ output: SimulatedTURNServer.Output) {
        let (bytes, remote, lane) =
            switch output {
            case .client(let client, let bytes): (bytes, client, lanes.clients)
            case .peer(let peer, let bytes, _): (bytes, peer, lanes.peers)
            }
        let room = batch.reserve()
        room.copyBytes(from: bytes)
        batch.commit(bytes.count, on: lane, to: remote, from: nil)
    }
}
