// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

/// Which path the answering side uses, and for how long.
@Suite struct ICELiteSelectionTests {
    private let credentials = ICECredentials.test(1)

    private func agent(_ rules: ICERules = .mediasoup) -> ICELiteAgent {
        ICELiteAgent(local: credentials, rules: rules, at: .at(.zero))
    }

    private func check(
        _ agent: inout ICELiteAgent,
        from host: UInt32,
        at now: MonotonicTime = .at(.zero),
        nominating: Bool = false,
        nomination: UInt8? = nil
    ) {
        var request = TestRequest(to: agent.local)
        request.usesCandidate = nominating
        if let nomination { request.extraAttributes = [0xc0, 0x01, 0, 4, 0, 0, 0, nomination] }
        _ = agent.take(request.encoded(), from: .test(host), at: now)
        _ = agent.drain()
    }

    @Test("The first path is selected, a nomination moves the selection, another check doesn't")
    func nomination() {
        var agent = agent()
        check(&agent, from: 1)
        #expect(agent.selected == .test(1))
        check(&agent, from: 2)
        #expect(agent.selected == .test(1))
        check(&agent, from: 2, nominating: true)
        #expect(agent.selected == .test(2))
    }

    @Test("A renomination counts only with a larger number than before")
    func renomination() {
        var agent = agent()
        check(&agent, from: 1, nominating: true, nomination: 2)
        check(&agent, from: 2, nominating: true, nomination: 2)
        #expect(agent.selected == .test(1))
        check(&agent, from: 2, nominating: true, nomination: 3)
        #expect(agent.selected == .test(2))
    }

    @Test("A request that comes again is answered and no sign of life, and brings no path back")
    func replayed() {
        var agent = agent(.ingest)
        let request = TestRequest(to: agent.local).encoded()
        for second in 0..<30 {
            #expect(agent.take(request, from: .test(1), at: .at(.seconds(second))) == nil)
            #expect(agent.drain().count == 1)
            #expect(agent.lastRequest == .at(.zero))
        }
        #expect(agent.deadline == .at(.seconds(30)))
        agent.advance(to: .at(.seconds(30)))
        #expect(agent.take(request, from: .test(1), at: .at(.seconds(30))) == nil)
        #expect(agent.state == .disconnected && agent.selected == nil)
        check(&agent, from: 1, at: .at(.seconds(31)))
        #expect(agent.state == .connected && agent.lastRequest == .at(.seconds(31)))
    }

    @Test("A path whose connection ends gives way to the one used last, and the last of them to none")
    func forgotten() {
        var agent = agent()
        for (second, host) in [UInt32(1), 2, 3].enumerated() {
            check(&agent, from: host, at: .at(.seconds(second)), nominating: true)
        }
        check(&agent, from: 1, at: .at(.seconds(4)))
        agent.forget(.test(2))
        #expect(agent.selected == .test(3))
        #expect(!agent.isKnown(.test(2)))
        agent.forget(.test(3))
        #expect(agent.selected == .test(1))
        #expect(agent.state == .connected)
        agent.forget(.test(1))
        #expect(agent.selected == nil)
        #expect(agent.state == .disconnected)
        #expect(agent.deadline == nil)
        agent.forget(.test(1))
        check(&agent, from: 1, at: .at(.seconds(5)))
        #expect(agent.selected == .test(1))
        #expect(agent.state == .connected)
    }

    @Test("Authenticated traffic moves the selection, but only from a known path")
    func traffic() {
        var agent = agent()
        check(&agent, from: 1)
        check(&agent, from: 2)
        agent.touch(from: .test(2), at: .at(.seconds(1)))
        #expect(agent.selected == .test(2))
        agent.touch(from: .test(3), at: .at(.seconds(1)))
        #expect(agent.selected == .test(2))
        #expect(agent.isKnown(.test(1)))
        #expect(!agent.isKnown(.test(3)))
    }

    @Test("Eight paths are kept; the least recently used one goes, never the selected one")
    func bounded() {
        var agent = agent()
        for host in 1...8 as ClosedRange<UInt32> { check(&agent, from: host, at: .at(.seconds(Int(host)))) }
        check(&agent, from: 2, at: .at(.seconds(9)))
        check(&agent, from: 9, at: .at(.seconds(10)))
        #expect(agent.selected == .test(1))
        let known = (1...9 as ClosedRange<UInt32>).filter { agent.isKnown(.test($0)) }
        #expect(known == [1, 2, 4, 5, 6, 7, 8, 9])
    }

    @Test("Without requests the path lapses after 30 s, and the next request brings it back")
    func consent() {
        var agent = agent()
        #expect(agent.deadline == nil)
        check(&agent, from: 1)
        agent.touch(from: .test(1), at: .at(.seconds(20)))
        #expect(agent.deadline == .at(.seconds(30)))
        agent.advance(to: .at(.seconds(29)))
        #expect(agent.state == .connected)
        agent.advance(to: .at(.seconds(30)))
        #expect(agent.state == .disconnected)
        #expect(agent.selected == nil)
        #expect(!agent.isKnown(.test(1)))
        #expect(agent.deadline == nil)
        check(&agent, from: 1, at: .at(.seconds(40)))
        #expect(agent.state == .connected)
        #expect(agent.selected == .test(1))
        #expect(agent.lastRequest == .at(.seconds(40)))
    }

    @Test("A publisher that only sends media after its first check stays connected")
    func silentPublisher() {
        var agent = agent(.ingest)
        check(&agent, from: 1)
        for second in 1...60 {
            agent.touch(from: .test(1), at: .at(.seconds(second)))
            agent.advance(to: .at(.seconds(second)))
        }
        #expect(agent.state == .connected)
        #expect(agent.lastRequest == .at(.zero))
        #expect(agent.deadline == .at(.seconds(90)))
    }

    @Test("After a restart the old credentials are good until the new ones are used")
    func restart() {
        var agent = agent()
        let new = ICECredentials.test(2)
        let old = TestRequest(to: credentials).encoded()
        check(&agent, from: 1, nominating: true, nomination: 5)
        agent.restart(local: new)
        #expect(agent.selected == .test(1))
        #expect(agent.take(old, from: .test(1), at: .at(.zero)) == nil)
        #expect(agent.drain().count == 1)

        check(&agent, from: 2, nominating: true, nomination: 1)
        #expect(agent.selected == .test(2))
        #expect(agent.isKnown(.test(1)))
        #expect(agent.take(old, from: .test(1), at: .at(.zero)) == .unknownUsername)
    }

    @Test("However many restarts come to nothing, the credentials in use stay good; those before the last do not")
    func restartsInVain() {
        var agent = agent()
        let inUse = TestRequest(to: credentials).encoded()
        check(&agent, from: 1, nominating: true)
        for number: UInt64 in 2...5 { agent.restart(local: .test(number)) }
        #expect(
            agent.acceptedFragments == [5, 4].map { ICECredentials.test($0).usernameFragment } + [
                credentials.usernameFragment
            ]
        )
        #expect(agent.take(TestRequest(to: .test(3)).encoded(), from: .test(1), at: .at(.zero)) == .unknownUsername)
        #expect(agent.take(inUse, from: .test(1), at: .at(.zero)) == nil)
        #expect(agent.selected == .test(1))

        // The last but one works after all: only now the first are gone.
        #expect(agent.take(TestRequest(to: .test(4)).encoded(), from: .test(1), at: .at(.zero)) == nil)
        #expect(agent.take(inUse, from: .test(1), at: .at(.zero)) == .unknownUsername)
        #expect(agent.acceptedFragments == [5, 4].map { ICECredentials.test($0).usernameFragment })
    }

    @Test("An answer that waits across a restart is signed with the password it was asked with")
    func answerAcrossRestart() throws {
        var agent = agent()
        _ = agent.take(TestRequest(to: credentials).encoded(), from: .test(1), at: .at(.zero))
        agent.restart(local: .test(2))
        let answer = try #require(agent.drain().first)
        let message = try STUNMessage(parsing: answer.bytes.span.bytes)
        let isSigned = message.isAuthentic(password: credentials.password, in: answer.bytes.span.bytes)
        #expect(isSigned)
    }
}
