// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

/// Paths of three kinds to one lite peer, in virtual time: which is used, and which is used again.
@Suite("The paths of a controlling agent") struct ICEPathTests {
    typealias Link = ICELink<ICEControllingAgent, ICELiteAgent>

    private static let udp = TransportAddress.test(2)
    private static let tcp = TransportAddress(udp.ip, port: 5001, transport: .tcp)
    private static let relayed = TransportAddress(udp.ip, port: 5000, transport: .relayed)
    private static let all = [relayed, tcp, udp]

    private func candidate(_ address: TransportAddress) -> ICECandidate {
        // Like mediasoup's: equal for all transports, so that they don't decide.
        ICECandidate(
            foundation: "1",
            priority: 1_076_302_079,
            address: address,
            kind: .host,
            tcpType: address.transport == .tcp ? .passive : nil
        )
    }

    private func link(_ paths: [TransportAddress] = all, without blocked: Set<TransportAddress> = []) -> Link {
        var generator = SplitMix64(seed: 3)
        let (local, remote) = (ICECredentials.test(1), ICECredentials.test(2))
        let agent = ICEControllingAgent(
            ICEControllingConfiguration(local: local, remote: remote, candidates: paths.map(candidate)),
            at: .at(.zero),
            using: &generator
        )
        var link = Link(agent, ICELiteAgent(local: remote, rules: .mediasoup, at: .at(.zero)))
        link.rightAddresses = paths
        link.blackHoles = blocked
        return link
    }

    /// Runs until an address is in use, and says how long that took.
    private func time(_ link: inout Link, to address: TransportAddress) -> Duration? {
        link.run(for: .seconds(40)) { $0.left.selected == address && $0.left.state == .connected }
    }

    @Test("UDP is checked at once, TCP after 300 ms, a relay after 900 ms; nothing waits for a kind that is not there")
    func delays() {
        func began(_ paths: [TransportAddress]) -> [TransportProtocol: Duration] {
            var agent = link(paths).left
            var moments: [TransportProtocol: Duration] = [:]
            while let deadline = agent.deadline, deadline <= .at(.seconds(2)) {
                agent.advance(to: deadline)
                for sent in agent.drain() where moments[sent.to.transport] == nil {
                    moments[sent.to.transport] = deadline - .at(.zero)
                }
            }
            return moments
        }
        #expect(began(Self.all) == [.udp: .zero, .tcp: .milliseconds(300), .relayed: .milliseconds(900)])
        #expect(began([Self.tcp, Self.relayed]) == [.tcp: .zero, .relayed: .milliseconds(900)])
        #expect(began([Self.relayed]) == [.relayed: .zero])
    }

    @Test("Where UDP works nothing is ever sent elsewhere")
    func straight() {
        var link = link()
        _ = link.run(for: .seconds(60))
        #expect(link.left.selected == Self.udp)
        #expect(link.right.selected == link.leftAddress)
        // One check, the nominating one, and those for consent.
        #expect(link.sentByLeft.count == link.left.counters.checksAnswered)
    }

    @Test("Where UDP is blocked TCP is used after 0.4 s, and where that is too, a relay after 1 s")
    func fallbacks() throws {
        var byStream = link(without: [Self.udp])
        let streamTime = time(&byStream, to: Self.tcp)
        #expect(try #require(streamTime) <= .milliseconds(400))
        var byRelay = link(without: [Self.udp, Self.tcp])
        let relayTime = time(&byRelay, to: Self.relayed)
        #expect(try #require(relayTime) <= .milliseconds(1_000))
    }

    @Test("A better path that opens later is taken within 5.1 s, and the path never breaks", arguments: [udp, tcp])
    func better(path: TransportAddress) throws {
        var link = link(without: [Self.udp, Self.tcp])
        let atFirst = time(&link, to: Self.relayed)
        #expect(atFirst != nil)
        _ = link.run(for: .seconds(61))
        link.blackHoles.remove(path)
        let elapsed = link.run(for: .seconds(20)) { $0.left.selected == path || $0.left.state != .connected }
        #expect(try #require(elapsed) <= .milliseconds(5_100))
        #expect(link.left.state == .connected)
        // What is worse rests from now on.
        let sent = link.left.counters.checksSent
        _ = link.run(for: .seconds(10))
        #expect(link.left.selected == path)
        #expect(link.left.counters.checksSent - sent < (path == Self.udp ? 15 : 18))
    }

    @Test("The peer hears of each change: the first check on the new path is answered by one that nominates it")
    func nominated() throws {
        var link = link(without: [Self.udp])
        _ = time(&link, to: Self.tcp)
        link.blackHoles = []
        let before = link.sentByLeft.count
        let back = time(&link, to: Self.udp)
        #expect(back != nil)
        _ = link.run(for: .milliseconds(100))
        let nominating = try link.sentByLeft[before...].filter { sent in
            try STUNMessage(parsing: sent.bytes.span.bytes).usesCandidate
        }
        #expect(!nominating.isEmpty)
    }

    @Test("A path that has failed is taken again after three answers in a row, not after the first")
    func probation() throws {
        var link = link()
        _ = time(&link, to: Self.udp)
        link.blackHoles = [Self.udp]
        let lost = time(&link, to: Self.tcp)
        #expect(try #require(lost) <= .milliseconds(2_200))
        link.blackHoles = []
        let answered = link.left.counters.checksAnswered
        let back = time(&link, to: Self.udp)
        #expect((.seconds(2)...Duration.seconds(7.2)).contains(try #require(back)))
        #expect(link.left.counters.checksAnswered - answered >= 3)
    }

    @Test(
        "Answers by a better path say nothing of the one in use: that one's silence ends its use, whenever it begins",
        arguments: (1...32).map { 0.25 * Double($0) }
    )
    func silentWhileBetterAnswers(seconds: Double) throws {
        var link = link()
        _ = time(&link, to: Self.udp)
        link.blackHoles = [Self.udp]
        _ = time(&link, to: Self.tcp)
        link.blackHoles = []
        _ = link.run(for: .seconds(seconds))
        link.blackHoles = [Self.tcp]
        let back = time(&link, to: Self.udp)
        #expect(try #require(back) <= .milliseconds(2_100))
    }

    @Test("A path that opens for a moment now and then is not taken")
    func flapping() {
        var link = link()
        _ = time(&link, to: Self.udp)
        link.blackHoles = [Self.udp]
        _ = time(&link, to: Self.tcp)
        for _ in 0..<40 {
            link.blackHoles = []
            _ = link.run(for: .milliseconds(1_200))
            link.blackHoles = [Self.udp]
            _ = link.run(for: .milliseconds(1_900))
            #expect(link.left.selected == Self.tcp)
        }
    }

    @Test("The end of the connection in use is a lost path: others are checked at once, and that one anew")
    func connectionEnded() throws {
        var link = link(without: [Self.udp, Self.relayed])
        _ = time(&link, to: Self.tcp)
        link.left.connectionEnded(to: Self.tcp, at: link.now)
        #expect(link.left.state == .disconnected)
        let back = time(&link, to: Self.tcp)
        #expect(try #require(back) <= .milliseconds(200))

        link.left.connectionEnded(to: Self.tcp, at: link.now)
        link.blackHoles = [Self.tcp, Self.udp]
        let relayed = time(&link, to: Self.relayed)
        #expect(try #require(relayed) <= .milliseconds(250))
    }

    @Test("A connection that nobody takes is not opened again and again without a pause")
    func refusedConnection() {
        var agent = link([Self.tcp]).left
        var opened = 0
        while let deadline = agent.deadline, deadline <= .at(.seconds(20)) {
            agent.advance(to: deadline)
            for sent in agent.drain() {
                opened += 1
                agent.connectionEnded(to: sent.to, at: deadline)
            }
        }
        #expect((10...20).contains(opened))
    }

    @Test("A relay that sends from another address is checked at once, since the peer does not know it yet")
    func relayChanged() throws {
        var link = link([Self.relayed])
        _ = time(&link, to: Self.relayed)
        _ = link.run(for: .milliseconds(100))
        link.leftAddress = .test(1, port: 7000)
        link.left.relayChanged(at: link.now)
        let elapsed = link.run(for: .seconds(5)) { $0.right.selected == $0.leftAddress }
        #expect(try #require(elapsed) <= .milliseconds(80))
        #expect(link.left.state == .connected)
    }

    @Test("After a restart the path in use is checked first, and a better one that answers is taken")
    func restarted() throws {
        var link = link(without: [Self.udp])
        _ = time(&link, to: Self.tcp)
        let new = ICECredentials.test(9)
        link.right.restart(local: new)
        link.left.restart(remote: new, at: link.now)
        #expect(link.left.selected == Self.tcp)
        let elapsed = link.run(for: .seconds(5)) { $0.left.state == .connected }
        #expect(try #require(elapsed) <= .milliseconds(60))
        link.blackHoles = []
        let better = time(&link, to: Self.udp)
        #expect(better != nil)
    }
}
