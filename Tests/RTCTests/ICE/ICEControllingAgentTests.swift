// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

/// The checking side, step by step.
@Suite struct ICEControllingAgentTests {
    private let local = ICECredentials.test(1)
    private let remote = ICECredentials.test(2)
    private let server = TransportAddress.test(2)

    private func candidate(_ address: TransportAddress, priority: UInt32 = 100) -> ICECandidate {
        ICECandidate(foundation: "1", priority: priority, address: address, kind: .host)
    }

    private func agent(_ candidates: [ICECandidate]) -> ICEControllingAgent {
        var generator = SplitMix64(seed: 4)
        return ICEControllingAgent(
            ICEControllingConfiguration(local: local, remote: remote, candidates: candidates),
            at: .at(.zero),
            using: &generator
        )
    }

    /// The peer's success response to a check.
    private func answer(_ check: [UInt8], password: String, error: STUNErrorCode? = nil) throws -> [UInt8] {
        let transaction = try STUNMessage(parsing: check.span.bytes).transaction
        return STUNBytes.written { output in
            let writer = STUNWriter(error == nil ? .success : .error, transaction: transaction, into: &output)
            if let error {
                writer.writeErrorCode(error, to: &output)
            } else {
                writer.writeXORMappedAddress(.test(1), to: &output)
            }
            writer.writeIntegrity(password: password, to: &output)
            writer.writeFingerprint(to: &output)
        }
    }

    /// The moments at which the agent sends until a given one, if nothing ever comes.
    private func schedule(_ agent: inout ICEControllingAgent, until end: Duration) -> [Duration] {
        var moments: [Duration] = []
        while let deadline = agent.deadline, deadline <= .at(end) {
            agent.advance(to: deadline)
            for _ in agent.drain() { moments.append(deadline - .at(.zero)) }
        }
        return moments
    }

    @Test("The first check leaves at once with all that mediasoup asks for, nominating nothing yet")
    func firstCheck() throws {
        var agent = agent([candidate(server)])
        #expect(agent.deadline == .at(.zero))
        let sent = agent.drain()
        #expect(sent.count == 1)
        let datagram = try #require(sent.first)
        #expect(datagram.to == server)
        let check = try STUNMessage(parsing: datagram.bytes.span.bytes)
        let username = check.username.map { String(decoding: datagram.bytes[$0], as: UTF8.self) }
        #expect(username == "\(remote.usernameFragment):\(local.usernameFragment)")
        #expect(check.priority == ICECandidate.priority(of: .peerReflexive))
        #expect(check.hasFingerprint)
        #expect(!check.usesCandidate)
        guard case .controlling = check.role else {
            Issue.record("not controlling")
            return
        }
        let isAuthentic = check.isAuthentic(password: remote.password, in: datagram.bytes.span.bytes)
        #expect(isAuthentic)
    }

    @Test("The first answer selects the pair, and the same moment brings the nominating check")
    func nomination() throws {
        var agent = agent([candidate(server)])
        let check = try #require(agent.drain().first)
        let response = try answer(check.bytes, password: remote.password)
        #expect(agent.take(response, from: server, at: .at(.milliseconds(20))) == nil)
        #expect(agent.state == .connected)
        #expect(agent.selected == server)
        #expect(agent.reflexiveAddress == .test(1))
        let nominating = try #require(agent.drain().first)
        #expect(try STUNMessage(parsing: nominating.bytes.span.bytes).usesCandidate)
        // Lost, it is repeated like a first check.
        #expect(agent.deadline == .at(.milliseconds(120)))
    }

    @Test("A check that isn't answered is repeated after 100 ms, then ever later up to 400 ms, for 30 s")
    func retransmission() {
        var agent = agent([candidate(server)])
        let moments = schedule(&agent, until: .seconds(60))
        let first = [0, 100, 300, 700, 1100, 1500, 1900].map { Duration.milliseconds($0) }
        #expect(Array(moments.prefix(7)) == first)
        #expect(moments.allSatisfy { $0 < .seconds(30) })
        #expect(agent.state == .failed)
        #expect(agent.deadline == nil)
        #expect(agent.selected == nil)
    }

    @Test("Pairs begin 50 ms apart, the best candidate first")
    func pacing() {
        var agent = agent([
            candidate(.test(3), priority: 1), candidate(.test(4), priority: 3), candidate(.test(5), priority: 2),
        ])
        var order: [TransportAddress] = []
        for moment in [0, 50, 100] {
            agent.advance(to: .at(.milliseconds(moment)))
            for datagram in agent.drain() where !order.contains(datagram.to) { order.append(datagram.to) }
        }
        #expect(order == [.test(4), .test(5), .test(3)])
    }

    @Test("TCP candidates, other components and port 0 are left out, and no more than 32 are taken")
    func uselessCandidates() {
        var other = candidate(.test(3))
        other.component = 2
        let tcp = candidate(TransportAddress(.loopbackIPv4, port: 5, transport: .tcp))
        var agent = agent([other, tcp, candidate(.test(4, port: 0))])
        #expect(schedule(&agent, until: .seconds(1)).isEmpty)

        for port in 1...100 as ClosedRange<UInt16> {
            agent.addRemoteCandidate(candidate(.test(5, port: port)), at: .at(.seconds(1)))
        }
        var targets: Set<TransportAddress> = []
        for moment in stride(from: 1000, to: 10_000, by: 50) {
            agent.advance(to: .at(.milliseconds(moment)))
            for datagram in agent.drain() { targets.insert(datagram.to) }
        }
        #expect(targets.count == 32)
    }

    @Test("Answers that are forged, late, or from elsewhere change nothing")
    func wrongAnswers() throws {
        var agent = agent([candidate(server)])
        let check = try #require(agent.drain().first)
        let good = try answer(check.bytes, password: remote.password)
        #expect(
            agent.take(try answer(check.bytes, password: "wrong"), from: server, at: .at(.zero)) == .integrityMismatch
        )
        #expect(agent.take(good, from: .test(9), at: .at(.zero)) == .wrongSource)
        let refusal = try answer(check.bytes, password: remote.password, error: .unauthenticated)
        #expect(agent.take(refusal, from: server, at: .at(.zero)) == .refused)
        #expect(agent.state == .checking)
        #expect(agent.take(good, from: server, at: .at(.zero)) == nil)
        #expect(agent.take(good, from: server, at: .at(.zero)) == .unknownTransaction)
        #expect(agent.counters[.wrongSource] == 1)
    }

    @Test("A signed role conflict makes the agent controlled, and it checks again at once")
    func roleConflict() throws {
        var agent = agent([candidate(server)])
        let check = try #require(agent.drain().first)
        let forged = try answer(check.bytes, password: "wrong", error: .roleConflict)
        #expect(agent.take(forged, from: server, at: .at(.zero)) == .refused)
        let conflict = try answer(check.bytes, password: remote.password, error: .roleConflict)
        #expect(agent.take(conflict, from: server, at: .at(.zero)) == nil)
        let second = try #require(agent.drain().first)
        guard case .controlled = try STUNMessage(parsing: second.bytes.span.bytes).role else {
            Issue.record("still controlling")
            return
        }
    }

    @Test("A peer that refuses either role doesn't make the agent spin")
    func endlessConflict() throws {
        var agent = agent([candidate(server)])
        var checks = 0
        while let check = agent.drain().first, checks < 100 {
            checks += 1
            let conflict = try answer(check.bytes, password: remote.password, error: .roleConflict)
            _ = agent.take(conflict, from: server, at: .at(.zero))
        }
        #expect(checks == 4)
    }

    @Test("A peer that is controlling too is refused by the larger tie-breaker and obeyed by the smaller")
    func conflictingRequest() {
        for (tieBreaker, drop) in [(0, .roleConflict), (.max, nil)] as [(UInt64, ICEDropReason?)] {
            var agent = agent([candidate(server)])
            _ = agent.drain()
            var request = TestRequest(to: local)
            request.role = .controlling(tieBreaker: tieBreaker)
            #expect(agent.take(request.encoded(), from: server, at: .at(.zero)) == drop)
            #expect(agent.drain().count >= 1)
        }
    }

    @Test("An address that a request comes from is checked like a candidate")
    func peerReflexive() throws {
        var agent = agent([])
        #expect(agent.drain().isEmpty)
        var request = TestRequest(to: local)
        request.role = .controlled(tieBreaker: 1)
        #expect(!agent.isKnown(.test(7)))
        #expect(agent.take(request.encoded(), from: .test(7), at: .at(.milliseconds(10))) == nil)
        #expect(agent.isKnown(.test(7)))
        let sent = agent.drain()
        #expect(sent.map(\.to) == [.test(7), .test(7)])
        let response = try answer(try #require(sent.last).bytes, password: remote.password)
        #expect(agent.take(response, from: .test(7), at: .at(.milliseconds(30))) == nil)
        #expect(agent.selected == .test(7))
    }

    @Test("Neither credential shows in a description of the agent")
    func hidden() {
        let agent = agent([candidate(server)])
        for text in ["\(agent)", String(reflecting: agent)] {
            for secret in [local, remote].flatMap({ [$0.usernameFragment, $0.password] }) {
                #expect(!text.contains(secret))
            }
        }
    }
}
