// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The agent of a session, lite or controlling, behind the few things that a session asks of either.
struct ICERole {
    private var lite: ICELiteAgent?
    private var controlling: ICEControllingAgent?
    /// Our credentials, as the peer was told last.
    private(set) var local: ICECredentials
    private let began: MonotonicTime

    init(_ connectivity: SessionConfiguration.Connectivity, seed: UInt64, at now: MonotonicTime) {
        began = now
        switch connectivity {
        case .lite(let credentials, let rules):
            lite = ICELiteAgent(local: credentials, rules: rules, at: now)
            local = credentials
        case .controlling(let configuration):
            var generator = SplitMix64(seed: seed)
            controlling = ICEControllingAgent(configuration, at: now, using: &generator)
            local = configuration.local
        }
    }

    /// The user name fragments of ours that a check may be addressed to.
    var acceptedFragments: [String] { lite?.acceptedFragments ?? [local.usernameFragment] }

    // What is asked often is mutating, so that no agent is copied for it.

    var state: ICEState {
        mutating get { lite?.state ?? controlling?.state ?? .new }
    }

    var selected: TransportAddress? {
        mutating get { lite?.selected ?? controlling?.selected }
    }

    var deadline: MonotonicTime? {
        mutating get { lite?.deadline ?? controlling?.deadline }
    }

    /// What a check takes there and back; a lite session sends none.
    var roundTripTime: Duration? { controlling?.roundTripTime }

    /// When something authentic last came from the peer; the beginning before that.
    var lastHeard: MonotonicTime {
        mutating get { lite?.lastRequest ?? controlling?.lastHeard ?? began }
    }

    /// Whether traffic from an address may be taken.
    func isKnown(_ address: TransportAddress) -> Bool {
        lite?.isKnown(address) ?? controlling?.isKnown(address) ?? false
    }

    mutating func receive(
        _ datagram: RawSpan,
        from source: TransportAddress,
        at now: MonotonicTime
    ) throws(ICEDropReason) {
        try lite?.receive(datagram, from: source, at: now)
        try controlling?.receive(datagram, from: source, at: now)
    }

    /// Notes authenticated traffic.
    mutating func touch(_ source: TransportAddress, at now: MonotonicTime) {
        lite?.touch(from: source, at: now)
        controlling?.heard(from: source, at: now)
    }

    /// Notes that the connection to an address has ended.
    mutating func connectionEnded(to address: TransportAddress, at now: MonotonicTime) {
        lite?.forget(address)
        controlling?.connectionEnded(to: address, at: now)
    }

    /// Notes that what goes by a relay leaves it from another address; only a controlling session has one.
    mutating func relayChanged(at now: MonotonicTime) { controlling?.relayChanged(at: now) }

    mutating func advance(to now: MonotonicTime) {
        lite?.advance(to: now)
        controlling?.advance(to: now)
    }

    mutating func poll(into datagram: inout OutputRawSpan) -> TransportAddress? {
        if lite != nil { return lite?.poll(into: &datagram) }
        return controlling?.poll(into: &datagram)
    }

    /// Notes word of a closed port; only a controlling session makes use of it.
    mutating func refused(by address: TransportAddress, at now: MonotonicTime) -> Bool {
        controlling?.refused(by: address, at: now) ?? false
    }

    /// Begins an ICE restart of a lite session with new credentials of ours.
    mutating func restart(local credentials: ICECredentials) {
        guard lite != nil else { return }
        lite?.restart(local: credentials)
        local = credentials
    }

    /// Begins an ICE restart of a controlling session with new credentials of the peer.
    mutating func restart(remote credentials: ICECredentials, at now: MonotonicTime) {
        controlling?.restart(remote: credentials, at: now)
    }

    /// Adds a candidate of the peer; a lite session needs none.
    mutating func addRemoteCandidate(_ candidate: ICECandidate, at now: MonotonicTime) {
        controlling?.addRemoteCandidate(candidate, at: now)
    }
}
