// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

/// What is asked of the server, and what it answers.
extension TURNClient {
    /// How often a request is made anew because the server names another nonce.
    private static let maximumRenewals = 3
    /// The life that is asked for: what servers give by themselves (RFC 8656 §3.2).
    private static let lifetime: UInt32 = 600

    mutating func begin(_ kind: Request.Kind, maximumAttempts: Int? = nil) {
        guard !requests.contains(where: { $0.kind == kind }) else { return }
        requests.append(
            Request(
                kind: kind,
                transaction: STUNTransactionID(using: &generator),
                due: now,
                maximumAttempts: maximumAttempts ?? timing.maximumAttempts
            )
        )
    }

    // MARK: Sending

    /// Writes the next message to the server.
    ///
    /// - Parameter output: has room for `TURNClient.maximumMessageSize`.
    /// - Returns: whether there was one.
    package mutating func poll(into output: inout OutputRawSpan) -> Bool {
        guard let index = requests.firstIndex(where: { $0.due <= now && isWanted($0) }) else { return false }
        requests[index].attempts += 1
        requests[index].isSigned = authentication != nil
        write(requests[index], into: &output)
        if requests[index].kind == .release {
            requests.remove(at: index)
            return true
        }
        let attempts = requests[index].attempts
        requests[index].due = now + (isReliable ? timing.streamPatience : timing.firstRetry * (1 << (attempts - 1)))
        return true
    }

    /// The longest message that is written: a user name of 508 bytes, a realm and a nonce of 763.
    package static let maximumMessageSize = 2_048

    /// Whether a request may be sent once more; one that may not waits for its answer until it is due.
    private func isWanted(_ request: Request) -> Bool {
        request.attempts < (isReliable ? 1 : request.maximumAttempts)
    }

    /// Ends what waits for requests that were not answered.
    mutating func giveUp() {
        for request in requests where request.due <= now && !isWanted(request) {
            requests.removeAll { $0.transaction == request.transaction }
            switch request.kind {
            case .allocate, .refresh: return end(.noAnswer)
            case .permission(let address), .channel(let address): retryLater(address)
            case .release: break
            }
        }
    }

    private func write(_ request: Request, into output: inout OutputRawSpan) {
        let writer = STUNWriter(
            .request,
            method: request.kind.method,
            transaction: request.transaction,
            into: &output
        )
        switch request.kind {
        case .allocate:
            writer.writeRequestedTransport(to: &output)
            writer.writeLifetime(Self.lifetime, to: &output)
        case .refresh:
            writer.writeLifetime(Self.lifetime, to: &output)
        case .release:
            writer.writeLifetime(0, to: &output)
        case .permission(let address):
            writer.writePeerAddress(address, to: &output)
        case .channel(let address):
            let channel = peers.first { $0.address == address }?.channel ?? Self.channels.lowerBound
            writer.writeChannelNumber(channel, to: &output)
            writer.writePeerAddress(address, to: &output)
        }
        if let authentication {
            writer.writeText(.username, Array(credentials.username.utf8.prefix(508)), to: &output)
            writer.writeText(.realm, authentication.realm, to: &output)
            writer.writeText(.nonce, authentication.nonce, to: &output)
            unsafe writer.writeIntegrity(key: authentication.key.bytes.span.bytes, to: &output)
        }
        writer.writeFingerprint(to: &output)
    }

    // MARK: Answers

    mutating func takeSuccess(_ message: STUNMessage, in datagram: RawSpan) -> Bool {
        guard let index = requests.firstIndex(where: { $0.transaction == message.transaction }),
            requests[index].kind.method == message.method, isAuthentic(message, requests[index], in: datagram)
        else { return false }
        let request = requests.remove(at: index)
        refusedSince = nil
        switch request.kind {
        case .allocate: takeAllocation(message)
        case .refresh: takeLifetime(message)
        case .release: break
        case .permission(let address):
            update(address) { $0.isPermitted = true }
            begin(.channel(address))
        case .channel(let address):
            let next = now + timing.permissionInterval
            update(address) { peer in
                peer.isBound = true
                peer.refreshAt = next
            }
        }
        return true
    }

    /// An answer to a request that was signed is signed (RFC 8489 §9.2.5).
    private func isAuthentic(_ message: STUNMessage, _ request: Request, in datagram: RawSpan) -> Bool {
        guard request.isSigned, let authentication else { return true }
        return unsafe message.isAuthentic(key: authentication.key.bytes.span.bytes, in: datagram)
    }

    private mutating func takeAllocation(_ message: STUNMessage) {
        guard var address = message.relayedAddress, address.port != 0 else { return end(.badAnswer) }
        address.transport = .udp
        state = .allocated(address)
        mappedAddress = message.xorMappedAddress ?? mappedAddress
        takeLifetime(message)
    }

    private mutating func takeLifetime(_ message: STUNMessage) {
        let seconds = message.lifetime ?? Self.lifetime
        guard seconds > 0 else { return end(.mismatch) }
        let life = Duration.seconds(Int64(seconds))
        expiresAt = now + life
        refreshAt = now + max(life / 2, life - timing.refreshMargin)
    }

    mutating func takeRefusal(_ message: STUNMessage, in datagram: RawSpan) -> Bool {
        guard let code = message.errorCode,
            let index = requests.firstIndex(where: { $0.transaction == message.transaction }),
            requests[index].kind.method == message.method
        else { return false }
        refusedSince = nil
        if code == .unauthenticated || code == .staleNonce {
            renew(index, message, in: datagram, wasStale: code == .staleNonce)
            return true
        }
        let request = requests.remove(at: index)
        switch request.kind {
        case .permission(let address): refuse(address)
        // Indications do without a channel.
        case .channel(let address): retryLater(address)
        case .release: break
        case .allocate, .refresh: end(TURNFailure(code))
        }
        return true
    }

    /// Makes a request anew with what the server wants it to be signed with.
    private mutating func renew(_ index: Int, _ message: STUNMessage, in datagram: RawSpan, wasStale: Bool) {
        let request = requests[index]
        // Refused with credentials by a server that keeps to its realm: they are wrong.
        let isFirst = !request.isSigned
        let told = message.realm.map { datagram.extracting($0).toArray() }
        guard request.renewals < Self.maximumRenewals, isFirst || wasStale, request.kind != .release,
            let nonce = message.nonce, let realm = told ?? authentication?.realm,
            let key = try? LongTermKey(username: credentials.username, realm: realm, password: credentials.password)
        else { return end(.unauthorized) }
        authentication = Authentication(realm: realm, nonce: datagram.extracting(nonce).toArray(), key: key)
        requests[index].transaction = STUNTransactionID(using: &generator)
        requests[index].renewals += 1
        requests[index].attempts = 0
        requests[index].due = now
    }
}

extension TURNClient.Request.Kind {
    var method: UInt16 {
        switch self {
        case .allocate: STUNMessage.allocate
        case .refresh, .release: STUNMessage.refresh
        case .permission: STUNMessage.createPermission
        case .channel: STUNMessage.channelBind
        }
    }
}

extension TURNFailure {
    /// The failure that a refusal of the allocation itself means.
    init(_ code: STUNErrorCode) {
        self =
            switch code {
            case .unauthenticated: .unauthorized
            case .quotaReached: .quotaReached
            case .insufficientCapacity: .noCapacity
            case .allocationMismatch: .mismatch
            default: .refused(code)
            }
    }
}
