// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC
import RTCCrypto

/// A TURN server in virtual time, with one address for all that it relays: as strict as RFC 8656 where a client could get
/// it wrong, and as unkind as a test wants.
package struct SimulatedTURNServer {
    /// A datagram that leaves the server.
    package enum Output: Hashable, Sendable {
        /// A message for a client.
        case client(TransportAddress, [UInt8])
        /// A datagram for a peer, from a relayed address.
        case peer(TransportAddress, [UInt8], from: TransportAddress)
    }

    /// What it holds for a client.
    package struct Allocation: Sendable {
        /// Where it takes datagrams for the client.
        package var relayed: TransportAddress
        /// When it ends.
        package var expires: MonotonicTime
        /// The peers' addresses whose datagrams pass, and until when.
        package var permissions: [IPAddress: MonotonicTime] = [:]
        /// The peers of channels, and until when.
        package var channels: [UInt16: (peer: TransportAddress, expires: MonotonicTime)] = [:]
    }

    /// What it holds, by the client's address.
    package private(set) var allocations: [TransportAddress: Allocation] = [:]
    /// What requests have to carry.
    package var nonce = "nonce-1"
    /// The longest life it gives, in seconds.
    package var maximumLifetime: UInt32 = 600
    /// What it refuses methods with.
    package var refusals: [UInt16: STUNErrorCode] = [:]
    /// Peers' addresses that it sends nothing to.
    package var forbidden: Set<IPAddress> = []
    /// Requests of each method that it has taken.
    package private(set) var requests: [UInt16: Int] = [:]
    /// Datagrams that came in indications, and by channels.
    package private(set) var relayedDatagrams = (indications: 0, channels: 0)

    private let credentials: TURNCredentials
    private let realm: String
    private let key: [UInt8]
    private let ip: IPAddress
    private var nextPort: UInt16 = 50_000

    /// Makes a server.
    ///
    /// - Parameters:
    ///   - ip: the address that it relays by.
    ///   - credentials: of its one user.
    ///   - realm: what the user is known in.
    /// - Throws: `CryptoError` where the system's OpenSSL does without MD5.
    package init(at ip: IPAddress, for credentials: TURNCredentials, realm: String = "example.org") throws {
        self.ip = ip
        self.credentials = credentials
        self.realm = realm
        key = try LongTermKey(
            username: credentials.username,
            realm: Array(realm.utf8),
            password: credentials.password
        ).bytes
    }

    /// Forgets everything, as one that was killed and started again.
    package mutating func restart() {
        allocations.removeAll()
        nonce += "+"
    }

    /// Takes a message from a client.
    package mutating func receive(_ bytes: [UInt8], from client: TransportAddress, at now: MonotonicTime) -> [Output] {
        expire(at: now)
        if let first = bytes.first, first >> 6 == 1 { return relay(channelData: bytes, from: client) }
        guard let message = try? STUNMessage(parsing: bytes.span.bytes) else { return [] }
        switch message.messageClass {
        case .request: return [.client(client, answer(message, bytes, from: client, at: now))]
        case .indication: return relay(message, bytes, from: client)
        case .success, .error: return []
        }
    }

    /// Takes a datagram from a peer.
    package mutating func receive(
        _ bytes: [UInt8],
        from peer: TransportAddress,
        to relayed: TransportAddress,
        at now: MonotonicTime
    ) -> [Output] {
        expire(at: now)
        guard let (client, allocation) = allocations.first(where: { $0.value.relayed == relayed }),
            allocation.permissions[peer.ip] != nil
        else { return [] }
        if let (channel, _) = allocation.channels.first(where: { $0.value.peer == peer }) {
            let header = [UInt8(channel >> 8), UInt8(channel & 255), UInt8(bytes.count >> 8), UInt8(bytes.count & 255)]
            return [.client(client, header + bytes)]
        }
        var generator = SystemRandomNumberGenerator()
        let transaction = STUNTransactionID(using: &generator)
        let message = [UInt8](rawCapacity: 2_048) { output in
            let writer = STUNWriter(.indication, method: STUNMessage.data, transaction: transaction, into: &output)
            writer.writePeerAddress(peer, to: &output)
            writer.writeData(bytes.span.bytes, to: &output)
        }
        return [.client(client, message)]
    }

    private mutating func expire(at now: MonotonicTime) {
        for (client, allocation) in allocations {
            var left = allocation
            left.permissions = left.permissions.filter { $0.value > now }
            left.channels = left.channels.filter { $0.value.expires > now }
            allocations[client] = allocation.expires > now ? left : nil
        }
    }

    // MARK: Relaying

    private mutating func relay(channelData bytes: [UInt8], from client: TransportAddress) -> [Output] {
        guard bytes.count >= 4, let allocation = allocations[client] else { return [] }
        let channel = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        let length = Int(bytes[2]) << 8 | Int(bytes[3])
        guard let peer = allocation.channels[channel]?.peer, bytes.count >= 4 + length else { return [] }
        relayedDatagrams.channels += 1
        return [.peer(peer, Array(bytes[4..<4 + length]), from: allocation.relayed)]
    }

    private mutating func relay(_ message: STUNMessage, _ bytes: [UInt8], from client: TransportAddress) -> [Output] {
        guard message.method == STUNMessage.send, let peer = message.peerAddress, let data = message.data,
            let allocation = allocations[client], allocation.permissions[peer.ip] != nil
        else { return [] }
        relayedDatagrams.indications += 1
        return [.peer(peer, Array(bytes[data]), from: allocation.relayed)]
    }

    // MARK: Requests

    private mutating func answer(
        _ message: STUNMessage,
        _ bytes: [UInt8],
        from client: TransportAddress,
        at now: MonotonicTime
    ) -> [UInt8] {
        requests[message.method, default: 0] += 1
        let nonce = message.nonce.map { String(decoding: bytes[$0], as: UTF8.self) }
        let username = message.username.map { String(decoding: bytes[$0], as: UTF8.self) }
        let isAuthentic = message.isAuthentic(key: key.span.bytes, in: bytes.span.bytes)
        guard let nonce, username == credentials.username, isAuthentic else {
            return refuse(message, .unauthenticated)
        }
        guard nonce == self.nonce else { return refuse(message, .staleNonce) }
        if let code = refusals[message.method] { return refuse(message, code) }
        return carryOut(message, from: client, at: now)
    }

    private mutating func carryOut(
        _ message: STUNMessage,
        from client: TransportAddress,
        at now: MonotonicTime
    ) -> [UInt8] {
        let lifetime = min(message.lifetime ?? 600, maximumLifetime)
        switch message.method {
        case STUNMessage.allocate:
            guard allocations[client] == nil else { return refuse(message, .allocationMismatch) }
            nextPort += 1
            let relayed = TransportAddress(ip, port: nextPort)
            allocations[client] = Allocation(relayed: relayed, expires: now + .seconds(Int64(lifetime)))
            return accept(message) { writer, output in
                writer.writeRelayedAddress(relayed, to: &output)
                writer.writeXORMappedAddress(client, to: &output)
                writer.writeLifetime(lifetime, to: &output)
            }
        case STUNMessage.refresh:
            guard allocations[client] != nil else { return refuse(message, .allocationMismatch) }
            allocations[client]?.expires = now + .seconds(Int64(lifetime))
            if lifetime == 0 { allocations[client] = nil }
            return accept(message) { $0.writeLifetime(lifetime, to: &$1) }
        case STUNMessage.createPermission, STUNMessage.channelBind:
            return permit(message, from: client, at: now)
        default:
            return refuse(message, .badRequest)
        }
    }

    private mutating func permit(
        _ message: STUNMessage,
        from client: TransportAddress,
        at now: MonotonicTime
    ) -> [UInt8] {
        guard let allocation = allocations[client] else { return refuse(message, .allocationMismatch) }
        guard let peer = message.peerAddress else { return refuse(message, .badRequest) }
        guard !forbidden.contains(peer.ip) else { return refuse(message, .forbidden) }
        if message.method == STUNMessage.channelBind {
            guard let channel = message.channelNumber, (0x4000...0x4fff).contains(channel),
                allocation.channels[channel].map({ $0.peer == peer }) ?? true,
                allocation.channels.allSatisfy({ $0.key == channel || $0.value.peer != peer })
            else { return refuse(message, .badRequest) }
            allocations[client]?.channels[channel] = (peer, now + .seconds(600))
        }
        allocations[client]?.permissions[peer.ip] = now + .seconds(300)
        return accept(message) { _, _ in }
    }

    private func accept(
        _ message: STUNMessage,
        _ write: (STUNWriter, inout OutputRawSpan) -> Void
    ) -> [UInt8] {
        [UInt8](rawCapacity: 2_048) { output in
            let transaction = message.transaction
            let writer = STUNWriter(.success, method: message.method, transaction: transaction, into: &output)
            write(writer, &output)
            writer.writeIntegrity(key: key.span.bytes, to: &output)
            writer.writeFingerprint(to: &output)
        }
    }

    private func refuse(_ message: STUNMessage, _ code: STUNErrorCode) -> [UInt8] {
        [UInt8](rawCapacity: 2_048) { output in
            let transaction = message.transaction
            let writer = STUNWriter(.error, method: message.method, transaction: transaction, into: &output)
            writer.writeErrorCode(code, to: &output)
            if code == .unauthenticated || code == .staleNonce {
                writer.writeRealm(realm, to: &output)
                writer.writeNonce(nonce, to: &output)
            }
            writer.writeFingerprint(to: &output)
        }
    }
}
