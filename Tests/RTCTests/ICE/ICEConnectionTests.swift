// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

/// A controlling agent and a lite one over a link that delays and loses, in virtual time.
@Suite struct ICEConnectionTests {
    typealias Link = ICELink<ICEControllingAgent, ICELiteAgent>

    private static let local = ICECredentials.test(1)
    private static let remote = ICECredentials.test(2)

    private func link(seed: UInt64 = 1, servers: [TransportAddress] = [.test(2)]) -> Link {
        var generator = SplitMix64(seed: seed)
        let candidates = servers.enumerated().map { index, address in
            ICECandidate(host: address, localPreference: UInt16(1000 - index))
        }
        let agent = ICEControllingAgent(
            ICEControllingConfiguration(local: Self.local, remote: Self.remote, candidates: candidates),
            at: .at(.zero),
            using: &generator
        )
        let lite = ICELiteAgent(local: Self.remote, rules: .mediasoup, at: .at(.zero))
        var link = Link(agent, lite, seed: seed)
        link.rightAddresses = servers
        return link
    }

    private func isConnected(_ link: Link) -> Bool { link.left.state == .connected && link.right.state == .connected }

    @Test("Both sides agree on the path after one round trip")
    func connects() throws {
        var link = link()
        let elapsed = link.run(for: .seconds(5), until: isConnected)
        let time = try #require(elapsed)
        #expect(time <= .milliseconds(50))
        #expect(link.left.selected == .test(2))
        #expect(link.right.selected == link.leftAddress)
    }

    @Test("A third of the datagrams may get lost", arguments: 0..<50 as Range<UInt64>)
    func lossy(seed: UInt64) throws {
        var link = link(seed: seed)
        link.loss = 0.33
        let elapsed = link.run(for: .seconds(10), until: isConnected)
        let time = try #require(elapsed)
        #expect(time <= .seconds(10))
        // And stays so, with media that is silent.
        let ended = link.run(for: .seconds(120), until: { $0.left.state == .failed || $0.right.state != .connected })
        #expect(ended == nil)
    }

    @Test("The first address that answers is taken where a better one doesn't")
    func blackHole() throws {
        var link = link(servers: [.test(2), .test(3)])
        link.blackHoles = [.test(2)]
        let elapsed = link.run(for: .seconds(5), until: isConnected)
        let time = try #require(elapsed)
        #expect(time <= .milliseconds(150))
        #expect(link.left.selected == .test(3))
    }

    @Test("While nothing comes but answers a check leaves every second, otherwise every 4 to 6 s")
    func consentChecks() {
        var link = link()
        _ = link.run(for: .seconds(10))
        let idle = link.sentByLeft.count
        #expect((10...13).contains(idle))
        for _ in 0..<600 {
            _ = link.run(for: .milliseconds(100))
            link.left.heard(from: .test(2), at: link.now)
        }
        #expect((10...15).contains(link.sentByLeft.count - idle))
    }

    @Test("Two seconds of silence are told, after four checks; a word brings the path back, thirty seconds end it")
    func silence() throws {
        var link = link()
        _ = link.run(for: .seconds(2))
        link.blackHoles = [.test(2)]
        let sentBefore = link.sentByLeft.count
        let untilTold = link.run(for: .seconds(10), until: { $0.left.state == .disconnected })
        let told = try #require(untilTold)
        #expect((.milliseconds(1_000)...Duration.seconds(2)).contains(told))
        #expect(link.left.silence(at: link.now) == .seconds(2))
        #expect(link.sentByLeft.count - sentBefore == 4)
        #expect(link.left.selected == .test(2))

        link.blackHoles = []
        let untilBack = link.run(for: .seconds(10), until: { $0.left.state == .connected })
        let back = try #require(untilBack)
        #expect(back <= .milliseconds(400))

        link.blackHoles = [.test(2)]
        let untilEnded = link.run(for: .seconds(60), until: { $0.left.state == .failed })
        let ended = try #require(untilEnded)
        #expect((.seconds(29)...Duration.seconds(30)).contains(ended))
        #expect(link.left.selected == nil)
        let sent = link.sentByLeft.count
        _ = link.run(for: .seconds(10))
        #expect(link.sentByLeft.count == sent)
    }

    @Test("An answer that came late does not make checks of a silent path rare", arguments: 3...8)
    func lateAnswer(seconds: Int) throws {
        var link = link()
        _ = link.run(for: .seconds(2))
        // Answers take 2 s, as for a process that stood still, and the path is lost while the last one is still known.
        link.delay = .seconds(1)
        _ = link.run(for: .seconds(12))
        link.delay = .milliseconds(20)
        #expect(link.left.roundTripTime.map { $0 > .milliseconds(1_900) } == true)
        link.blackHoles = [.test(2)]
        _ = link.run(for: .seconds(seconds))
        link.blackHoles = []
        let back = link.run(for: .seconds(10), until: { $0.left.state == .connected })
        #expect(try #require(back) <= .milliseconds(1_100))
    }

    @Test("Word of a closed port has the path checked at once; half a second of it means that it is lost")
    func closedPort() throws {
        var link = link()
        _ = link.run(for: .seconds(2))
        link.left.heard(from: .test(2), at: link.now)
        _ = link.run(for: .milliseconds(100))
        let before = link.sentByLeft.count
        let isNews = link.left.refused(by: .test(2), at: link.now)
        #expect(isNews)
        _ = link.run(for: .milliseconds(1))
        #expect(link.sentByLeft.count == before + 1)
        // An answer makes it nothing.
        _ = link.run(for: .milliseconds(200))
        #expect(link.left.state == .connected)

        link.blackHoles = [.test(2)]
        var elapsed = Duration.zero
        var news = 0
        while link.left.state == .connected, elapsed < .seconds(3) {
            if link.left.refused(by: .test(2), at: link.now) { news += 1 }
            _ = link.run(for: .milliseconds(20))
            elapsed += .milliseconds(20)
        }
        #expect(news == 1)
        #expect(link.left.state == .disconnected)
        #expect((.milliseconds(500)...Duration.milliseconds(540)).contains(elapsed))
        // Not faster than ten checks a second meanwhile.
        #expect(link.sentByLeft.count - before <= 8)
    }

    @Test("Word of a port that is not in use means nothing")
    func closedElsewhere() {
        var link = link(servers: [.test(2), .test(3)])
        _ = link.run(for: .seconds(2))
        let unused = link.left.refused(by: .test(3), at: link.now)
        #expect(!unused)
        #expect(link.left.state == .connected)
    }

    @Test("Traffic is a word too")
    func trafficReconnects() {
        var link = link()
        _ = link.run(for: .seconds(2))
        link.blackHoles = [.test(2)]
        _ = link.run(for: .seconds(10), until: { $0.left.state == .disconnected })
        link.left.heard(from: .test(2), at: link.now)
        #expect(link.left.state == .connected)
    }

    @Test("Traffic without answers is no consent: sending ends after 30 s (RFC 7675)")
    func consentNeedsAnswers() throws {
        var link = link()
        _ = link.run(for: .seconds(2))
        link.blackHoles = [.test(2)]
        var lasted = Duration.zero
        while link.left.state != .failed, lasted < .seconds(60) {
            _ = link.run(for: .milliseconds(500))
            lasted += .milliseconds(500)
            link.left.heard(from: .test(2), at: link.now)
        }
        #expect((.seconds(25)...Duration.seconds(30)).contains(lasted))
    }

    @Test("When the path dies the agent moves to another address by itself")
    func failover() throws {
        var link = link(servers: [.test(2), .test(3)])
        _ = link.run(for: .seconds(2))
        #expect(link.left.selected == .test(2))
        link.blackHoles = [.test(2)]
        let elapsed = link.run(for: .seconds(10), until: { $0.left.selected == .test(3) })
        let time = try #require(elapsed)
        #expect(time <= .milliseconds(2200))
        #expect(link.left.state == .connected)
    }

    @Test("After a NAT rebinding the other side sends to the new address within a second")
    func rebinding() throws {
        var link = link()
        _ = link.run(for: .seconds(2))
        link.leftAddress = .test(1, port: 6000)
        let elapsed = link.run(for: .seconds(10), until: { $0.right.selected == $0.leftAddress })
        let time = try #require(elapsed)
        #expect(time <= .milliseconds(1100))
    }

    @Test("A restart keeps the old path until the new credentials work")
    func restart() throws {
        var link = link()
        _ = link.run(for: .seconds(2))
        let new = ICECredentials.test(3)
        link.left.restart(remote: new, at: link.now)
        #expect(link.left.state == .checking)
        #expect(link.left.selected == .test(2))
        // The server doesn't know them yet.
        _ = link.run(for: .seconds(1))
        #expect(link.left.state == .checking)
        #expect(link.left.selected == .test(2))
        #expect(link.right.counters[.unknownUsername] > 0)

        link.right.restart(local: new)
        let elapsed = link.run(for: .seconds(5), until: isConnected)
        let time = try #require(elapsed)
        #expect(time <= .milliseconds(1700))
        _ = link.run(for: .seconds(60))
        #expect(isConnected(link))
    }

    @Test("A restart brings a failed agent back, at once")
    func restartAfterFailure() throws {
        var link = link()
        _ = link.run(for: .seconds(2))
        link.blackHoles = [.test(2)]
        _ = link.run(for: .seconds(60))
        #expect(link.left.state == .failed)
        link.blackHoles = []
        let new = ICECredentials.test(3)
        link.right.restart(local: new)
        link.left.restart(remote: new, at: link.now)
        let elapsed = link.run(for: .seconds(5), until: isConnected)
        let time = try #require(elapsed)
        #expect(time <= .milliseconds(50))
    }

    @Test("A restart that never works ends the use of the old path when its consent is over")
    func restartInVain() throws {
        var link = link()
        _ = link.run(for: .seconds(2))
        link.left.restart(remote: .test(3), at: link.now)
        link.blackHoles = [.test(2)]
        let untilEnded = link.run(for: .seconds(60), until: { $0.left.selected == nil })
        let ended = try #require(untilEnded)
        #expect((.seconds(28)...Duration.seconds(30)).contains(ended))
        _ = link.run(for: .seconds(5))
        #expect(link.left.state == .failed)
    }
}
