// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

/// One allocation on one TURN server, over one 5-tuple (RFC 8656): a machine that turns messages and time into messages
/// and a deadline.
///
/// It asks without credentials first, and again with those that fit the realm it is told (RFC 8489 §9.2.3). The allocation
/// is refreshed a minute before its end. Who is sent something gets a permission and then a channel, both refreshed every
/// four minutes while they are used; until the channel stands, datagrams travel in indications.
///
/// A new nonce (438) is taken wherever it comes. Anything else that is refused ends the client, but for what concerns one
/// peer alone. Redirection (300), SHA-256 and mobility are not there.
///
/// Inputs are `receive`, `wrap`, `probe`, `refused`, `close` and `advance`; after each of them `poll` until it says
/// `false`, then look at `state` and `deadline`.
package struct TURNClient: Sendable {
    /// How far the client is.
    package enum State: Hashable, Sendable {
        /// The server has been asked.
        case allocating
        /// Datagrams to this address come to us.
        case allocated(TransportAddress)
        /// There is no allocation, and there will be none.
        case ended(TURNFailure)
    }

    /// How far it is.
    package internal(set) var state = State.allocating
    /// Where the server sees us.
    package internal(set) var mappedAddress: TransportAddress?

    let credentials: TURNCredentials
    /// Whether messages travel by TCP: none is lost, and none is repeated.
    let isReliable: Bool
    let timing: TURNTiming
    var authentication: Authentication?
    var requests: [Request] = []
    var peers: [Peer] = []
    var nextChannel: UInt16 = Self.channels.lowerBound
    var now: MonotonicTime
    /// When the allocation is to be refreshed.
    var refreshAt: MonotonicTime?
    /// When the allocation ends unless it is refreshed.
    var expiresAt: MonotonicTime?
    /// Since when the system has said that the server's port is closed.
    var refusedSince: MonotonicTime?
    var generator: SplitMix64

    /// The numbers that channels may have (RFC 8656 §12).
    static let channels: ClosedRange<UInt16> = 0x4000...0x4fff
    /// The most peers: as many as there are candidates.
    static let maximumPeers = ICECandidate.maximumCount

    /// What requests are signed with.
    struct Authentication: Sendable {
        var realm: [UInt8]
        var nonce: [UInt8]
        var key: LongTermKey
    }

    /// A peer that is sent something.
    struct Peer: Sendable {
        let address: TransportAddress
        let channel: UInt16
        var isPermitted = false
        var isBound = false
        var isRefused = false
        /// When permission or channel is asked for again.
        var refreshAt: MonotonicTime?
        var lastUse: MonotonicTime
    }

    /// A request that waits for its answer.
    struct Request: Sendable {
        enum Kind: Hashable, Sendable {
            case allocate
            case refresh
            case release
            case permission(TransportAddress)
            case channel(TransportAddress)
        }

        let kind: Kind
        var transaction: STUNTransactionID
        /// When it is sent next, or given up.
        var due: MonotonicTime
        var attempts = 0
        var maximumAttempts: Int
        /// How often it was made anew because of a nonce.
        var renewals = 0
        var isSigned = false
    }

    /// Makes a client that asks at once.
    ///
    /// - Parameters:
    ///   - credentials: what the server asks for.
    ///   - isReliable: whether messages travel by TCP.
    ///   - timing: how patient it is.
    ///   - now: the present moment.
    ///   - generator: where the seed of transaction ids comes from.
    package init(
        _ credentials: TURNCredentials,
        isReliable: Bool,
        timing: TURNTiming = TURNTiming(),
        at now: MonotonicTime,
        using generator: inout some RandomNumberGenerator
    ) {
        self.credentials = credentials
        self.isReliable = isReliable
        self.timing = timing
        self.now = now
        self.generator = SplitMix64(seed: generator.next())
        begin(.allocate)
    }

    /// The address that datagrams leave from on their way to peers.
    package var relayedAddress: TransportAddress? {
        if case .allocated(let address) = state { address } else { nil }
    }

    /// Whether it has ended, and has nothing more to say.
    package var isFinished: Bool {
        if case .ended = state { requests.isEmpty } else { false }
    }

    /// The moment to call `advance` at.
    package var deadline: MonotonicTime? {
        var earliest = requests.map(\.due).min()
        guard case .allocated = state else { return earliest }
        for other in [refreshAt, expiresAt] + peers.map(\.refreshAt) {
            guard let other else { continue }
            earliest = earliest.map { min($0, other) } ?? other
        }
        return earliest
    }

    // MARK: Inputs

    /// Lets time pass.
    ///
    /// - Parameter now: the present moment.
    package mutating func advance(to now: MonotonicTime) {
        self.now = max(self.now, now)
        giveUp()
        guard case .allocated = state else { return }
        if let expiresAt, expiresAt <= self.now { return end(.noAnswer) }
        if let refreshAt, refreshAt <= self.now {
            self.refreshAt = nil
            begin(.refresh)
        }
        refreshPeers()
    }

    /// Asks the server whether the allocation is still there, because nothing comes from the peer any more.
    ///
    /// - Parameter now: the present moment.
    package mutating func probe(at now: MonotonicTime) {
        self.now = max(self.now, now)
        guard case .allocated = state, !requests.contains(where: { $0.kind == .refresh }) else { return }
        begin(.refresh, maximumAttempts: timing.maximumProbes)
    }

    /// Notes that the system says that the server's port is closed: it is asked, and given up where that goes on for as
    /// long as a request waits.
    ///
    /// - Parameter now: when the system said so.
    package mutating func refused(at now: MonotonicTime) {
        self.now = max(self.now, now)
        if let refusedSince {
            if self.now >= refusedSince + timing.firstRetry { end(.noAnswer) }
            return
        }
        refusedSince = self.now
        probe(at: now)
    }

    /// Notes that the connection to the server has ended.
    ///
    /// - Parameter failure: why.
    package mutating func connectionEnded(_ failure: TURNFailure = .connectionLost) {
        end(failure)
    }

    /// Gives the allocation back, which is told the server once.
    ///
    /// - Parameter now: the present moment.
    package mutating func close(at now: MonotonicTime) {
        self.now = max(self.now, now)
        let isAllocated = relayedAddress != nil
        guard !isEnded else { return }
        end(.closed)
        if isAllocated { begin(.release, maximumAttempts: 1) }
    }

    var isEnded: Bool {
        if case .ended = state { true } else { false }
    }

    mutating func end(_ failure: TURNFailure) {
        guard !isEnded else { return }
        state = .ended(failure)
        requests.removeAll()
        peers.removeAll()
    }
}
