// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver
import Testing

/// A controlling session whose datagrams travel framed in a TCP connection: a peer that can do nothing else.
final class StreamSession {
    /// How its frames are cut on the way.
    enum Cut: CaseIterable {
        /// A send for each frame.
        case frames
        /// A send for each byte.
        case bytes
        /// One send for all that is due.
        case none
    }

    private(set) var client: StreamClient
    private var session: Session
    /// What the session takes the far end of the connection for.
    private let remote: TransportAddress
    private let cut: Cut
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 16)
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 16)
    private var outgoing: [UInt8] = []
    /// Why the session has ended, once it has.
    private(set) var closeReason: SessionCloseReason?
    private(set) var sink: CountingSink?

    /// Makes a DTLS client that checks a worker's port.
    init(
        to port: UInt16,
        at address: IPAddress = .loopbackIPv4,
        of credentials: ICECredentials,
        cut: Cut = .frames
    ) throws {
        client = try StreamClient(to: port, at: address)
        self.cut = cut
        remote = TransportAddress(address, port: port)
        var generator = SystemRandomNumberGenerator()
        let certificate = try #require(SessionPair.certificate)
        let ice = ICEControllingConfiguration(
            local: ICECredentials.make(using: &generator),
            remote: credentials,
            candidates: [ICECandidate(host: remote)]
        )
        session = Session(
            SessionPair.configuration(
                .controlling(ice),
                dtls: DTLSParameters(role: .client, fingerprints: [certificate.fingerprint]),
                certificate
            ),
            at: Clock.now
        )
    }

    deinit {
        room.deallocate()
        scratch.deallocate()
    }

    /// Goes on by another connection.
    func reconnect() throws {
        client.close()
        client = try StreamClient(to: remote.port, at: remote.ip)
    }

    /// Adds what is received, and what takes it.
    func receive(_ parameters: ReceiveTrackParameters, into record: CountingSink.Record) throws {
        _ = try session.addReceiveTrack(parameters)
        sink = CountingSink(record: record)
    }

    /// Adds what is sent.
    func send(_ parameters: SendStreamParameters) throws -> SendStreamIndex {
        try session.addSendStream(parameters)
    }

    /// Sends what a source has due, as soon as there are keys.
    func pull(_ source: inout CountingSource, on stream: SendStreamIndex) {
        guard session.isConnected else { return }
        while source.deadline.map({ $0 <= Clock.now }) ?? false {
            var payload = OutputRawSpan(buffer: scratch, initializedCount: 0)
            guard let packet = source.poll(at: Clock.now, into: &payload) else { break }
            let length = payload.finalize(for: scratch)
            var output = OutputRawSpan(buffer: room, initializedCount: 0)
            let bytes = UnsafeRawBufferPointer(rebasing: scratch[..<length])
            let address = session.send(packet, payload: bytes.bytes, on: stream, at: Clock.now, into: &output)
            let size = output.finalize(for: room)
            if address != nil { put(size) }
        }
    }

    /// Takes what has come, and sends what is due.
    func step() {
        let now = Clock.now
        for packet in client.packets() {
            var packet = packet
            packet.withUnsafeMutableBytes { bytes in
                var datagram = bytes.mutableBytes
                guard case .media(let media) = try? session.receive(&datagram, from: remote, at: now) else { return }
                sink?.receive(media, payload: datagram.bytes.extracting(media.payload))
            }
        }
        session.advance(to: now)
        while true {
            var output = OutputRawSpan(buffer: room, initializedCount: 0)
            let answer = session.poll(into: &output)
            let size = output.finalize(for: room)
            switch answer {
            case .transmit: put(size)
            case .event(.closed(let reason)): closeReason = reason
            case .event: continue
            case .wait: return flush()
            }
        }
    }

    private func put(_ size: Int) {
        outgoing += StreamClient.frame(Array(room[..<size]))
        if cut == .frames { flush() }
    }

    private func flush() {
        if cut == .bytes {
            for byte in outgoing { client.send([byte]) }
        } else {
            client.send(outgoing)
        }
        outgoing.removeAll(keepingCapacity: true)
    }
}
