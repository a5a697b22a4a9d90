// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

/// One WebRTC transport: connectivity, security and streams, as a machine that turns datagrams and time into datagrams,
/// events and a deadline.
///
/// The owner changes the session by one input at a time — `receive`, `advance`, or a command such as `close` — and then
/// calls `poll(into:)` until it answers `.wait`. Media does not pass through `poll`: a received packet is decrypted in
/// place and described by the answer of `receive`, an outgoing one is written by `send` straight into the send slot.
/// The session never reads a clock, opens a socket or calls back.
///
/// Three uses share it: *ingest* (lite towards a publisher), *egress* (controlling towards an SFU) and *offerer* (a WHIP
/// client); the SFU of the local SkyWay uses the lite side again.
package struct Session: ~Copyable {
    /// What `poll(into:)` answers.
    package enum Output: Sendable {
        /// The buffer holds a datagram for this address.
        case transmit(to: TransportAddress)
        /// Something happened.
        case event(SessionEvent)
        /// Nothing to do before this moment, or before the next input where there is none.
        case wait(until: MonotonicTime?)
    }

    /// What became of a datagram.
    package enum Received: Sendable, BitwiseCopyable {
        /// It was for the session itself.
        case consumed
        /// It is media, decrypted in place.
        case media(ReceivedPacket)
    }

    /// The most events that wait to be polled; the oldest make room.
    static let maximumEvents = 64

    let certificate: Certificate
    let wallClock: WallClock
    let liveness: Liveness?
    let feedbackSSRC: UInt32
    let maximumBitrate: UInt64?
    /// Until when keys have to exist; `nil` where nothing ends the session.
    private let handshakeDeadline: MonotonicTime?
    /// Holds the peer to that bit rate.
    var bitrateLimit: BitrateLimit?
    let estimatesBandwidth: Bool
    /// Whether what is sent is limited once the peer tells of congestion.
    package let watchesCongestion: Bool
    let mendsEagerly: Bool

    var ice: ICERole
    var dtlsParameters: DTLSParameters?
    var dtls: DTLSConnection?
    var srtp: SRTPSession?
    var incoming: IncomingTracks
    var outgoing = OutgoingStreams()
    /// When what comes was captured.
    var publisherClock = PublisherClock()
    /// The offset of the peer's wall clock to ours, with 32 bits of fraction; `nil` while that is not known.
    var publisherClockOffset: Int64?
    var events: [SessionEvent] = []
    var closeReason: SessionCloseReason?
    /// What is left to say after the end.
    var farewell: Farewell?

    var now: MonotonicTime
    /// When valid SRTP or SRTCP came last; `nil` before any did.
    package internal(set) var lastMedia: MonotonicTime?
    var dtlsDeadline: MonotonicTime?
    var nextReceiverReport: MonotonicTime?
    var nextEstimate: MonotonicTime?
    /// A moment no later than that at which some RTCP or retransmission is to be sent; `nil` while none is foreseen.
    var feedbackDeadline: MonotonicTime?
    /// Arrivals of all packets, where they are to be told.
    var arrivals: TransportArrivals?
    var roundTrip = RoundTripEstimate()
    /// The round-trip time towards the receiver of what is sent, as it last told.
    var sendRoundTrip: Duration?
    /// What may be sent, where it is estimated by the arrivals that the peer tells.
    var egressEstimate: SendSideEstimate?
    /// What may be sent, by what the peer tells without arrivals, where congestion is watched.
    var reportedPath: ReportedPath?
    /// What is handed on of what the peer sends has to fit into this; `nil` where nothing limits it.
    var receptionLimit: UInt64?
    /// How often the peer is still to be told that nothing limits it any more.
    var liftsToTell = 0
    /// What the peer may send, where it is estimated and told.
    var ingressEstimate: ReceiveSideEstimate?
    /// The burst that is under way.
    var burst: OutgoingBurst?
    /// The peer's last reference time, which our sender reports answer.
    var peerReferenceTime: PeerReferenceTime?
    /// Where requests for packets are put together.
    var nackEntries: [GenericNACK.Entry] = []
    /// Where receiver reports are put together.
    var reportBlocks: [ReportBlock] = []
    var transportSequenceNumber: UInt16 = 0
    var reportedState: ICEState = .new
    var reportedAddress: TransportAddress?

    // What is asked with every packet is stored: to compute it by a call, the compiler copies the whole session.

    /// Whether keys exist, so that media can be sent.
    package internal(set) var isConnected = false
    /// Whether the session has ended.
    package private(set) var isClosed = false
    /// The address that datagrams go to.
    package internal(set) var selectedAddress: TransportAddress?
    /// Whether `poll(into:)` has nothing to give before the moment it last named: plain media needs no polling.
    package internal(set) var isQuiet = false
    /// Before this moment ICE need not hear of further media from the selected address.
    var nextSignOfLife = MonotonicTime(nanoseconds: 0)

    /// The bits per second that the peer last said it can take; `nil` where it said nothing.
    package internal(set) var estimatedMaximumBitrate: UInt64?
    /// Its packets in plain, for whoever records them.
    package var plain = PlainRecord()
    /// Counters since the beginning.
    package internal(set) var statistics = SessionStatistics()

    /// Makes a session.
    ///
    /// - Parameters:
    ///   - configuration: what it is made from.
    ///   - now: the moment of its beginning.
    package init(_ configuration: SessionConfiguration, at now: MonotonicTime) {
        certificate = configuration.certificate
        wallClock = configuration.wallClock
        liveness = configuration.liveness
        feedbackSSRC = configuration.feedbackSSRC
        maximumBitrate = configuration.maximumBitrate
        bitrateLimit = configuration.maximumBitrate.map { BitrateLimit($0, at: now) }
        handshakeDeadline = configuration.liveness.map { now + $0.handshake }
        estimatesBandwidth = configuration.estimatesBandwidth
        watchesCongestion = configuration.watchesCongestion
        mendsEagerly = configuration.mendsEagerly
        incoming = IncomingTracks(asksEagerly: configuration.mendsEagerly)
        dtlsParameters = configuration.dtls
        reportedPath = configuration.watchesCongestion ? ReportedPath() : nil
        ice = ICERole(configuration.connectivity, seed: configuration.seed, at: now)
        self.now = now
    }

    /// Our own user name fragment: what datagrams of an unknown source are recognised by.
    package var localUsernameFragment: String { ice.local.usernameFragment }

    /// The user name fragments of ours that a check may be addressed to: more than one during an ICE restart.
    package var acceptedUsernameFragments: [String] { ice.acceptedFragments }

    // MARK: Inputs

    /// Lets time pass: retransmissions, consent and reports become due.
    package mutating func advance(to moment: MonotonicTime) {
        now = max(now, moment)
        isQuiet = false
        guard closeReason == nil else { return repeatFarewell() }
        // Before the path lapses, so that the peer can be told.
        checkLiveness()
        guard closeReason == nil else { return }
        ice.advance(to: now)
        noteConnectivity()
        if let due = dtlsDeadline, due <= now {
            dtls?.handleTimeout()
            noteHandshake()
        }
        let received = statistics.bytesReceived
        if bitrateLimit?.isExceeded(by: received, at: now) == true { end(.excessiveBitrate) }
    }

    /// Tells the session how it is secured; the handshake begins as soon as an address is known.
    ///
    /// - Throws: `SessionError.alreadyConnected` when it was told something else before.
    package mutating func connect(_ parameters: DTLSParameters) throws(SessionError) {
        if let former = dtlsParameters {
            guard former.role == parameters.role, former.fingerprints == parameters.fingerprints else {
                throw .alreadyConnected
            }
            return
        }
        dtlsParameters = parameters
        noteConnectivity()
    }

    /// Begins the end: `close_notify` goes out, again until the peer has answered, then nothing more.
    package mutating func close(at moment: MonotonicTime) {
        now = max(now, moment)
        end(.local)
    }

    // MARK: Tracks and streams

    /// Adds a track to be received.
    ///
    /// - Throws: `SessionError.tooManyTracks` or `.duplicateStream`.
    package mutating func addReceiveTrack(_ parameters: ReceiveTrackParameters) throws(SessionError) -> TrackIndex {
        let index = try incoming.add(parameters)
        if parameters.tellsArrivals, arrivals == nil { arrivals = TransportArrivals() }
        beginIngressEstimate(parameters)
        return index
    }

    /// Removes a track; its packets are dropped from now on.
    package mutating func removeReceiveTrack(_ index: TrackIndex) {
        incoming.remove(index)
    }

    /// Adds a stream to be sent.
    ///
    /// - Throws: `SessionError.tooManyTracks` or `.duplicateStream`.
    package mutating func addSendStream(_ parameters: SendStreamParameters) throws(SessionError) -> SendStreamIndex {
        let index = try outgoing.add(parameters)
        beginEgressEstimate(parameters)
        return index
    }

    /// Removes an outgoing stream.
    package mutating func removeSendStream(_ index: SendStreamIndex) {
        outgoing.remove(index)
    }

    /// The round-trip time towards the sender of what this session receives, where anything is known of it.
    package var receiveRoundTrip: Duration? { roundTrip.value(at: now) }

    /// The parameters of a received track.
    package func parameters(of track: TrackIndex) -> ReceiveTrackParameters? {
        incoming.parameters(of: track)
    }

    /// Asks the sender of a layer for a key frame, at most once in 500 ms.
    package mutating func requestKeyFrame(of track: TrackIndex, encoding: EncodingIndex, at moment: MonotonicTime) {
        now = max(now, moment)
        guard let slot = incoming.slot(of: track, encoding: encoding) else { return }
        requestKeyFrame(ofSlot: slot)
    }

    /// Asks for a key frame of the stream in a slot.
    mutating func requestKeyFrame(ofSlot slot: Int) {
        if incoming.streams[slot]?.keyFrames.request(at: now) == true {
            incoming.streams[slot]?.wantsKeyFrame = true
            scheduleFeedback(at: now)
        } else {
            scheduleFeedback(at: incoming.streams[slot]?.keyFrames.deadline)
        }
    }

    /// Sees to it that what is due then is sent.
    mutating func scheduleFeedback(at moment: MonotonicTime?) {
        guard let moment else { return }
        if let feedbackDeadline, feedbackDeadline <= moment { return }
        feedbackDeadline = moment
        isQuiet = false
    }

    // MARK: Connectivity

    /// Begins an ICE restart of a lite session; the former credentials stay valid until the new ones are used.
    package mutating func restartICE(local credentials: ICECredentials) {
        ice.restart(local: credentials)
    }

    /// Begins an ICE restart of a controlling session; the path in use is kept until a new one works.
    package mutating func restartICE(remote credentials: ICECredentials, at moment: MonotonicTime) {
        now = max(now, moment)
        ice.restart(remote: credentials, at: now)
        noteConnectivity()
    }

    /// Adds a candidate of the peer.
    package mutating func addRemoteCandidate(_ candidate: ICECandidate, at moment: MonotonicTime) {
        now = max(now, moment)
        ice.addRemoteCandidate(candidate, at: now)
    }

    /// Tells the session that the system says that a datagram to an address found its port closed.
    package mutating func portClosed(_ address: TransportAddress, at moment: MonotonicTime) {
        now = max(now, moment)
        isQuiet = false
        if ice.refused(by: address, at: now) { enqueue(.portClosed(address)) }
        noteConnectivity()
    }

    /// Tells the session that the TCP connection to an address has ended: it goes on by another path or has none.
    package mutating func connectionEnded(to address: TransportAddress, at moment: MonotonicTime) {
        now = max(now, moment)
        isQuiet = false
        ice.connectionEnded(to: address, at: now)
        noteConnectivity()
    }

    /// Tells the session that datagrams that go by a relay leave it from another address now.
    package mutating func relayChanged(at moment: MonotonicTime) {
        now = max(now, moment)
        isQuiet = false
        ice.relayChanged(at: now)
        noteConnectivity()
    }

    // MARK: Ending

    mutating func end(_ reason: SessionCloseReason) {
        guard closeReason == nil else { return }
        closeReason = reason
        isClosed = true
        isConnected = false
        dtls?.close()
        beginFarewell()
        enqueue(.closed(reason))
    }

    mutating func enqueue(_ event: SessionEvent) {
        isQuiet = false
        if events.count >= Self.maximumEvents { events.removeFirst() }
        events.append(event)
    }

    private mutating func checkLiveness() {
        if let silenceDeadline, silenceDeadline <= now { end(.silent) }
        if let handshakeDeadline, !isConnected, handshakeDeadline <= now { end(.dtls(.timeout)) }
    }

    /// The moment at which the session is given up if nothing valid comes, or no keys.
    ///
    /// Mutating, so that the session is not copied for it.
    var livenessDeadline: MonotonicTime? {
        mutating get {
            guard !isConnected, let handshakeDeadline else { return silenceDeadline }
            return silenceDeadline.map { min($0, handshakeDeadline) }
        }
    }

    private var silenceDeadline: MonotonicTime? {
        mutating get {
            guard let liveness else { return nil }
            let byBinding = ice.lastHeard + liveness.binding
            guard let lastMedia else { return byBinding }
            return max(byBinding, lastMedia + liveness.media)
        }
    }
}
