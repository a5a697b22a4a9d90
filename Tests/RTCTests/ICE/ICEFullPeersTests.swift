// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

/// Two full agents that both begin as controlling, as no two should.
@Suite struct ICEFullPeersTests {
    typealias Link = ICELink<ICEControllingAgent, ICEControllingAgent>

    private func agent(_ local: UInt64, _ remote: UInt64, candidates: [ICECandidate], seed: UInt64)
        -> ICEControllingAgent
    {
        var generator = SplitMix64(seed: seed)
        return ICEControllingAgent(
            ICEControllingConfiguration(local: .test(local), remote: .test(remote), candidates: candidates),
            at: .at(.zero),
            using: &generator
        )
    }

    private func isConnected(_ link: Link) -> Bool { link.left.state == .connected && link.right.state == .connected }

    @Test("They settle their roles and connect, with loss too", arguments: 0..<40 as Range<UInt64>)
    func conflict(seed: UInt64) throws {
        let left = agent(1, 2, candidates: [ICECandidate(host: .test(2))], seed: seed)
        let right = agent(2, 1, candidates: [ICECandidate(host: .test(1))], seed: seed &+ 1000)
        var link = Link(left, right, seed: seed)
        link.loss = seed % 2 == 0 ? 0 : 0.2
        let elapsed = link.run(for: .seconds(10), until: isConnected)
        let time = try #require(elapsed)
        #expect(time <= (seed % 2 == 0 ? .milliseconds(200) : .seconds(5)))
        #expect(link.left.selected == .test(2))
        #expect(link.right.selected == .test(1))
        let ended = link.run(for: .seconds(120), until: { $0.left.state == .failed || $0.right.state == .failed })
        #expect(ended == nil)
    }

    @Test(
        "One that was told no candidate learns the other's address from its checks",
        arguments: 0..<10 as Range<UInt64>
    )
    func peerReflexive(seed: UInt64) throws {
        let left = agent(1, 2, candidates: [ICECandidate(host: .test(2))], seed: seed)
        let right = agent(2, 1, candidates: [], seed: seed &+ 1000)
        var link = Link(left, right, seed: seed)
        let connected = link.run(for: .seconds(10), until: isConnected)
        #expect(connected != nil)
        #expect(link.right.selected == .test(1))
    }
}
