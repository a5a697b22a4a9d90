// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@testable import RTCDriver

@Suite("One impaired direction")
struct ImpairedDirectionTests {
    private static let start = MonotonicTime(nanoseconds: 1_000_000_000)

    private static func direction(loss: Double? = nil, seed: UInt64 = 7, rate: Impairment.RateCap? = nil)
        -> ImpairedDirection
    {
        var wanted = Impairment.Direction()
        wanted.loss = loss.map { Impairment.Loss(share: $0, seed: seed) }
        wanted.rate = rate
        var direction = ImpairedDirection()
        direction.update(to: wanted)
        return direction
    }

    private static func verdicts(_ direction: inout ImpairedDirection, _ count: Int, firstByte: UInt8 = 128)
        -> [ImpairedPath.Verdict]
    {
        (0..<count).map { _ in direction.judge(firstByte: firstByte, count: 1000, at: start) }
    }

    @Test("The same seed loses the same packets, another one others")
    func seeds() {
        var first = Self.direction(loss: 0.3)
        var same = Self.direction(loss: 0.3)
        var other = Self.direction(loss: 0.3, seed: 8)
        let lost = Self.verdicts(&first, 1000)
        #expect(lost == Self.verdicts(&same, 1000))
        #expect(lost != Self.verdicts(&other, 1000))
        let share = Double(lost.count { $0 == .drop }) / 1000
        // Four standard deviations of 1000 trials.
        #expect(abs(share - 0.3) < 0.058)
        #expect(first.statistics.lost == UInt64(lost.count { $0 == .drop }))
    }

    @Test("Nothing and everything are exactly that", arguments: [0.0, 1.0])
    func bounds(share: Double) {
        var direction = Self.direction(loss: share)
        #expect(Set(Self.verdicts(&direction, 1000)) == [share == 0 ? .pass : .drop])
    }

    @Test("Only media are lost", arguments: [UInt8(0), 1, 20, 63, 64, 192])
    func others(firstByte: UInt8) {
        var direction = Self.direction(loss: 1)
        #expect(Set(Self.verdicts(&direction, 10, firstByte: firstByte)) == [.pass])
    }

    @Test("A bucket lets its burst pass, then its rate, and the queue drops at its tail")
    func bucket() {
        // 8 kbit/s are 1000 bytes a second; four datagrams of 1000 bytes pass at once, two wait.
        let rate = Impairment.RateCap(bitsPerSecond: 8_000, burst: 4_000, queue: 2_000)
        var direction = Self.direction(rate: rate)
        #expect(Self.verdicts(&direction, 4) == [.pass, .pass, .pass, .pass])
        for expected in [ImpairedPath.Verdict.wait, .wait, .drop, .drop] {
            let verdict = direction.judge(firstByte: 0, count: 1000, at: Self.start)
            #expect(verdict == expected)
            if verdict == .wait {
                let bytes = [UInt8](repeating: 0, count: 1000)
                direction.append(ImpairedPath.Waiting(bytes: bytes, remote: TransportAddress(.anyIPv4, port: 1)))
            }
        }
        #expect(direction.statistics.overflowed == 2)
        #expect(direction.deadline == Self.start + .seconds(1))
        let early = Self.start + .nanoseconds(999_999_999)
        #expect(direction.popReady(at: early) == nil)
        #expect(direction.popReady(at: Self.start + .seconds(1)) != nil)
        #expect(direction.popReady(at: Self.start + .seconds(1)) == nil)
        #expect(direction.deadline == Self.start + .seconds(2))
        // A datagram that comes now may not overtake the one that waits.
        #expect(direction.judge(firstByte: 0, count: 1, at: Self.start + .seconds(1)) == .wait)
    }

    @Test("A cap that stays as it is goes on where it is; one that is lifted lets all pass")
    func update() {
        let rate = Impairment.RateCap(bitsPerSecond: 8_000, burst: 4_000, queue: 9_000)
        var direction = Self.direction(rate: rate)
        _ = Self.verdicts(&direction, 4)
        var wanted = Impairment.Direction()
        wanted.rate = rate
        wanted.loss = Impairment.Loss(share: 0, seed: 1)
        direction.update(to: wanted)
        #expect(Self.verdicts(&direction, 1) == [.wait])
        direction.append(ImpairedPath.Waiting(bytes: [1], remote: TransportAddress(.anyIPv4, port: 1)))
        direction.update(to: Impairment.Direction())
        #expect(direction.popReady(at: Self.start) != nil)
        #expect(Self.verdicts(&direction, 100).allSatisfy { $0 == .pass })
    }
}

extension ImpairedPath.Waiting: Equatable {
    static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes && left.remote == right.remote }
}

@Suite("Impaired sessions", .timeLimit(.minutes(1)))
struct ImpairedSessionTests {
    /// A pair whose controlling side sends numbered packets to the lite one.
    private struct Path {
        let pair: SessionPair
        let stream: SendStreamIndex
        let sent = CountingSource.Record()
        let received: CountingSink.Record

        init(_ worker: MediaWorker.Handle) async throws {
            pair = try await SessionPair(lite: worker, controlling: worker)
            let (receive, send) = SessionPair.track(payloadType: 96, ssrc: 77)
            let track = try await pair.lite.addReceiveTrack(receive)
            stream = try await pair.controlling.addSendStream(send)
            let record = CountingSink.Record()
            try await pair.lite.setSink(for: track) { CountingSink(record: record) }
            received = record
        }

        /// Sends so many packets at the pace at which they arrive, or others.
        func send(_ count: Int, at pace: CountingSink.Record? = nil) async throws {
            let (sent, received) = (sent, pace ?? received)
            try await pair.controlling.setSource(for: stream) {
                CountingSource(payloadType: 96, limit: count, record: sent, arrivals: received)
            }
        }
    }

    @Test("All media of one session are lost, none of its neighbour's, and none afterwards")
    func loss() async throws {
        let worker = try await MediaWorker.start(.loopback)
        let impaired = try await Path(worker)
        let neighbour = try await Path(worker)
        try await impaired.pair.connected()
        try await neighbour.pair.connected()
        var impairment = Impairment()
        impairment.incoming.loss = Impairment.Loss(share: 1, seed: 1)
        try await impaired.pair.lite.impair(impairment)
        // Its neighbour's pace, since nothing of its own arrives.
        try await impaired.send(1_000_000, at: neighbour.received)
        try await neighbour.send(1_000_000)
        var statistics = ImpairmentStatistics()
        repeat {
            try await Task.sleep(for: .milliseconds(2))
            statistics = try #require(await impaired.pair.lite.impairmentStatistics())
        } while statistics.incoming.lost < 100
        #expect(statistics.incoming.lost == statistics.incoming.media)
        #expect(statistics.outgoing == ImpairmentStatistics.Direction())
        #expect(try await impaired.pair.lite.statistics().session.packetsReceived == 0)
        #expect(try await impaired.pair.lite.statistics().session.drops.total == 0)
        #expect(try await neighbour.pair.lite.impairmentStatistics() == nil)
        try await impaired.pair.lite.impair(nil)
        try await impaired.received.received(50)
        let first = try #require(impaired.received.numbers.first)
        #expect(first >= 100)
        #expect(impaired.received.numbers.prefix(50) == Array(first..<first + 50)[...])
        let undisturbed = neighbour.received.numbers
        #expect(undisturbed == Array(0..<undisturbed.count))
        await worker.shutdown()
    }

    @Test("A cap lets everything through at its rate, in order, both ways", arguments: [true, false])
    func cap(isIncoming: Bool) async throws {
        let worker = try await MediaWorker.start(.loopback)
        let path = try await Path(worker)
        try await path.pair.connected()
        let rate = Impairment.RateCap(bitsPerSecond: 1_600_000, burst: 10_000, queue: 200_000)
        var impairment = Impairment()
        if isIncoming { impairment.incoming.rate = rate } else { impairment.outgoing.rate = rate }
        try await (isIncoming ? path.pair.lite : path.pair.controlling).impair(impairment)
        let begin = ContinuousClock.now
        try await path.send(100)
        try await path.received.received(100)
        // 100 packets of more than 1000 bytes, 10 kB of which pass at once and the rest at 200 kB a second.
        #expect(ContinuousClock.now - begin >= .milliseconds(450))
        #expect(path.received.numbers == Array(0..<100))
        #expect(path.received.damaged == 0)
        await worker.shutdown()
    }

    @Test("Lifting a cap lets go what waits")
    func lift() async throws {
        let worker = try await MediaWorker.start(.loopback)
        let path = try await Path(worker)
        try await path.pair.connected()
        var impairment = Impairment()
        impairment.incoming.rate = Impairment.RateCap(bitsPerSecond: 8, burst: 2_048, queue: 200_000)
        try await path.pair.lite.impair(impairment)
        try await path.send(100)
        while try #require(await path.pair.lite.impairmentStatistics()).incoming.queued < 99 {
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(path.received.count <= 1)
        try await path.pair.lite.impair(nil)
        try await path.received.received(100)
        #expect(path.received.numbers == Array(0..<100))
        await worker.shutdown()
    }

    @Test("Nobody connects while checks are ignored, and everybody afterwards")
    func checks() async throws {
        let worker = try await MediaWorker.start(.loopback)
        let certificate = try #require(SessionPair.certificate)
        func open(_ connectivity: SessionConfiguration.Connectivity, _ role: DTLSRole) async throws -> MediaSession {
            let security = DTLSParameters(role: role, fingerprints: [certificate.fingerprint])
            return try await worker.open(SessionPair.configuration(connectivity, dtls: security, certificate))
        }
        var generator = SystemRandomNumberGenerator()
        let credentials = ICECredentials.make(using: &generator)
        let lite = try await open(.lite(credentials, .ingest), .server)
        var impairment = Impairment()
        impairment.ignoresSTUN = true
        try await lite.impair(impairment)
        let ice = ICEControllingConfiguration(
            local: ICECredentials.make(using: &generator),
            remote: credentials,
            candidates: lite.candidates
        )
        let controlling = try await open(.controlling(ice), .client)
        while try #require(await lite.impairmentStatistics()).ignoredSTUN < 3 {
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(try await controlling.statistics().selectedAddress == nil)
        try await lite.impair(nil)
        try await lite.becomesConnected()
        try await controlling.becomesConnected()
        await worker.shutdown()
    }

    @Test("A silent session ends without a word")
    func silence() async throws {
        let worker = try await MediaWorker.start(.loopback)
        let path = try await Path(worker)
        try await path.pair.connected()
        var impairment = Impairment()
        impairment.isSilent = true
        try await path.pair.lite.impair(impairment)
        let (committed, swallowed) = try await worker.perform(on: path.pair.lite.id) { worker, peer in
            worker.batch.flush()
            peer.session.close(at: worker.now)
            worker.drain(peer)
            return (worker.batch.packetCount, peer.impaired?.statistics.outgoing.silenced ?? 0)
        }
        #expect(committed == 0)
        #expect(swallowed > 0)
        await worker.shutdown()
    }
}
