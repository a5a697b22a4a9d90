// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting

/// A relay, the TURN servers it knows of, and the datagrams between them, in virtual time.
///
/// Peers send back what they get.
final class TURNStage {
    static let credentials = TURNCredentials(username: "1700000000:member", password: "secret")
    static let peer = TransportAddress(IPAddress(ipv4: 0xcb00_7105), port: 41_000, transport: .relayed)

    private struct Flight {
        var arrival: MonotonicTime
        var bytes: [UInt8]
        var attempt: Int
        var isToServer: Bool
    }

    var relay: TURNRelay
    var servers: [SimulatedTURNServer]
    /// The servers that nothing gets to.
    var dead: Set<Int> = []
    var loss = 0.0
    let delay = Duration.milliseconds(20)
    private(set) var now = MonotonicTime.at(.zero)
    /// What the relay told.
    private(set) var news: [TURNRelay.Output] = []
    /// When each server was first asked.
    private(set) var began: [Int: Duration] = [:]
    /// What peers got, and what came back from them.
    private(set) var atPeer: [[UInt8]] = []
    private(set) var back: [[UInt8]] = []
    /// Messages to servers.
    private(set) var sent = 0
    private var opened: [Int: Int] = [:]
    private var flights: [Flight] = []
    private var generator: SplitMix64
    private var deadline: MonotonicTime?

    /// Makes a stage with servers that differ by their ports.
    init(
        _ count: Int = 1,
        transport: TURNServer.Transport = .udp,
        credentials: TURNCredentials = credentials,
        seed: UInt64 = 1
    ) throws {
        generator = SplitMix64(seed: seed)
        servers = try (0..<count).map { index in
            try SimulatedTURNServer(at: IPAddress(ipv4: 0xc633_6401 + UInt32(index)), for: Self.credentials)
        }
        let addresses = Self.servers(count, transport, credentials)
        relay = TURNRelay(addresses, at: .at(.zero), seed: seed)
    }

    static func servers(
        _ count: Int,
        _ transport: TURNServer.Transport = .udp,
        _ credentials: TURNCredentials = credentials
    ) -> [TURNServer] {
        (0..<count).map { index in
            let ip = IPAddress(ipv4: 0xc633_6401 + UInt32(index))
            return TURNServer(ip, port: 3_478, transport: transport, name: "turn\(index)", credentials: credentials)
        }
    }

    /// Whether there is an allocation.
    var isAllocated: Bool { relay.relayedAddress != nil }

    /// What ended the last allocation that was lost.
    var lastLoss: TURNFailure? {
        for case .lost(let failure, _) in news.reversed() { return failure }
        return nil
    }

    /// What servers said that had none to give, round by round.
    var refusals: [[TURNFailure]] {
        news.compactMap { if case .exhausted(let refusals) = $0 { refusals.map(\.failure) } else { nil } }
    }

    /// Sends a datagram to a peer; says whether there was a way.
    @discardableResult
    func send(_ bytes: [UInt8], to peer: TransportAddress = peer) -> Bool {
        var buffer = bytes + [UInt8](repeating: 0xee, count: 64)
        var span = buffer.mutableSpan
        var raw = span.mutableBytes
        if relay.expect(peer, at: now) { drain() }
        let wrapped = relay.wrap(&raw, length: bytes.count, to: peer, at: now)
        if let (length, attempt) = wrapped { transmit(Array(buffer[..<length]), attempt) }
        drain()
        return wrapped != nil
    }

    /// Lets the relay do something at this moment.
    func act(_ body: (inout TURNRelay, MonotonicTime) -> Void) {
        body(&relay, now)
        drain()
    }

    /// Runs until a condition holds, and says how long that took; `nil` when it didn't come true in time.
    @discardableResult
    func run(for duration: Duration, until condition: (TURNStage) -> Bool = { _ in false }) -> Duration? {
        let (start, end) = (now, now + duration)
        while true {
            deliver()
            relay.advance(to: now)
            drain()
            if condition(self) { return now - start }
            if now == end { return nil }
            let next = ([deadline] + flights.map { $0.arrival }).compactMap { $0 }.min() ?? end
            precondition(next > now, "a deadline that has passed was not dealt with")
            now = min(next, end)
        }
    }

    private func drain() {
        while true {
            var output = TURNRelay.Output.wait(until: nil)
            let bytes = [UInt8](rawCapacity: TURNClient.maximumMessageSize) { output = relay.poll(into: &$0) }
            switch output {
            case .open(let server, let attempt):
                let index = Int(server.address.ip.ipv4 - 0xc633_6401)
                opened[attempt] = index
                if began[index] == nil { began[index] = now - .at(.zero) }
            case .transmit(let attempt): transmit(bytes, attempt)
            case .close(let attempt): opened[attempt] = nil
            case .allocated, .lost, .exhausted: news.append(output)
            case .wait(let moment):
                deadline = moment
                return
            }
        }
    }

    /// How many transports are open.
    var openCount: Int { opened.count }

    private func transmit(_ bytes: [UInt8], _ attempt: Int) {
        sent += 1
        send(bytes, attempt, isToServer: true)
    }

    private func send(_ bytes: [UInt8], _ attempt: Int, isToServer: Bool) {
        guard let server = opened[attempt], !dead.contains(server),
            Double.random(in: 0..<1, using: &generator) >= loss
        else { return }
        flights.append(Flight(arrival: now + delay, bytes: bytes, attempt: attempt, isToServer: isToServer))
    }

    /// Each attempt has a 5-tuple of its own.
    private func client(_ attempt: Int) -> TransportAddress { .test(1, port: UInt16(6_000 + attempt)) }

    private func deliver() {
        let due = flights.filter { $0.arrival <= now }
        flights.removeAll { $0.arrival <= now }
        for flight in due {
            guard let server = opened[flight.attempt], !dead.contains(server) else { continue }
            if flight.isToServer {
                forward(servers[server].receive(flight.bytes, from: client(flight.attempt), at: now), server)
            } else if case .data(let range, _) = relay.receive(flight.bytes.span.bytes, of: flight.attempt, at: now) {
                back.append(Array(flight.bytes[range]))
            }
        }
    }

    private func forward(_ outputs: [SimulatedTURNServer.Output], _ server: Int) {
        for output in outputs {
            switch output {
            case .client(let address, let bytes):
                send(bytes, Int(address.port) - 6_000, isToServer: false)
            case .peer(let peer, let bytes, let relayed):
                atPeer.append(bytes)
                forward(servers[server].receive(bytes, from: peer, to: relayed, at: now), server)
            }
        }
    }
}
