// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

/// A relay against TURN servers that are kind, unkind or gone, in virtual time.
@Suite("A relay by TURN servers") struct TURNRelayTests {
    @Test("has an allocation after two round trips: one to learn the realm, one with credentials")
    func allocates() throws {
        let stage = try TURNStage()
        let elapsed = stage.run(for: .seconds(5)) { $0.isAllocated }
        #expect(elapsed == .milliseconds(80))
        #expect(stage.sent == 2)
        #expect(stage.relay.relayedAddress?.ip == IPAddress(ipv4: 0xc633_6401))
    }

    @Test("carries datagrams both ways: first in indications, then by a channel, byte for byte")
    func carries() throws {
        let stage = try TURNStage()
        stage.run(for: .seconds(5)) { $0.isAllocated }
        let datagrams = (0..<200).map { number in [UInt8](repeating: UInt8(number), count: 1 + number * 6) }
        for datagram in datagrams {
            #expect(stage.send(datagram))
            stage.run(for: .milliseconds(10))
        }
        stage.run(for: .seconds(1))
        // The permission is asked for before the first datagram leaves, and travels before it.
        #expect(stage.atPeer == datagrams)
        #expect(stage.back == datagrams)
        let relayed = stage.servers[0].relayedDatagrams
        #expect(relayed.indications < 12 && relayed.channels > 188)
    }

    @Test("lives as long as it is used, with permissions and channels refreshed in time and nobody asked too often")
    func lives() throws {
        let stage = try TURNStage()
        stage.run(for: .seconds(5)) { $0.isAllocated }
        let address = stage.relay.relayedAddress
        for number in 0..<7_200 {
            #expect(stage.send([UInt8(number & 255)]))
            stage.run(for: .seconds(1))
        }
        #expect(stage.atPeer.count == 7_200 && stage.back.count == 7_200)
        #expect(stage.relay.relayedAddress == address)
        let requests = stage.servers[0].requests
        // Two hours: every nine minutes the allocation, every four a channel with its permission.
        #expect((13...15).contains(requests[STUNMessage.refresh, default: 0]))
        #expect((29...32).contains(requests[STUNMessage.channelBind, default: 0]))
        #expect(requests[STUNMessage.createPermission] == 1)
    }

    @Test("outlives lives that are short", arguments: [2, 10, 60, 90] as [UInt32])
    func shortLives(seconds: UInt32) throws {
        let stage = try TURNStage()
        stage.servers[0].maximumLifetime = seconds
        stage.run(for: .seconds(5)) { $0.isAllocated }
        stage.run(for: .seconds(400)) { !$0.isAllocated }
        #expect(stage.isAllocated && stage.lastLoss == nil)
        #expect(stage.servers[0].allocations.count == 1)
    }

    @Test(
        "comes to an allocation and keeps it where a fifth of all messages is lost",
        arguments: 0..<20 as Range<UInt64>
    )
    func lossy(seed: UInt64) throws {
        let stage = try TURNStage(seed: seed)
        stage.loss = 0.2
        let elapsed = stage.run(for: .seconds(20)) { $0.isAllocated }
        #expect(elapsed != nil)
        for number in 0..<600 {
            stage.send([UInt8(number & 255)])
            stage.run(for: .milliseconds(100))
        }
        // 0.8 to the third: to the server, and back.
        #expect(stage.atPeer.count > 420)
        #expect(stage.servers[0].relayedDatagrams.channels > 400)
    }

    @Test("takes a new nonce wherever it comes")
    func staleNonce() throws {
        let stage = try TURNStage()
        stage.run(for: .seconds(5)) { $0.isAllocated }
        let address = stage.relay.relayedAddress
        stage.servers[0].nonce = "another"
        #expect(stage.send([1]))
        stage.run(for: .seconds(1))
        #expect(stage.servers[0].allocations.values.first?.channels.count == 1)
        stage.servers[0].nonce = "a third"
        stage.run(for: .seconds(600))
        #expect(stage.relay.relayedAddress == address && stage.lastLoss == nil)
    }

    @Test("says that the password is wrong after one try with it, and asks again after ever longer pauses")
    func unauthorized() throws {
        let stage = try TURNStage(credentials: TURNCredentials(username: "1700000000:member", password: "wrong"))
        stage.run(for: .seconds(60))
        #expect(stage.refusals.count > 10 && stage.refusals.count < 25)
        #expect(stage.refusals.allSatisfy { $0 == [.unauthorized] })
        #expect(stage.servers[0].requests[STUNMessage.allocate] == stage.refusals.count * 2)
        #expect(stage.openCount == 0)
    }

    @Test(
        "goes on to the next server at once where one has nothing to give",
        arguments: [
            (STUNErrorCode.quotaReached, TURNFailure.quotaReached),
            (.insufficientCapacity, .noCapacity),
            (.allocationMismatch, .mismatch),
            (.forbidden, .refused(.forbidden)),
        ]
    )
    func refused(code: STUNErrorCode, failure: TURNFailure) throws {
        let stage = try TURNStage(2)
        stage.servers[0].refusals[STUNMessage.allocate] = code
        let elapsed = stage.run(for: .seconds(5)) { $0.isAllocated }
        #expect(elapsed == .milliseconds(160))
        #expect(stage.relay.server?.name == "turn1")

        let alone = try TURNStage()
        alone.servers[0].refusals[STUNMessage.allocate] = code
        alone.run(for: .seconds(2))
        #expect(alone.refusals.first == [failure])
    }

    @Test("gets past servers that are dead: each begins 0.4 s after the one before")
    func deadServers() throws {
        let stage = try TURNStage(3)
        stage.dead = [0, 1]
        let elapsed = stage.run(for: .seconds(5)) { $0.isAllocated }
        #expect(elapsed == .milliseconds(880))
        #expect(stage.began == [0: .zero, 1: .milliseconds(400), 2: .milliseconds(800)])
        stage.run(for: .seconds(20))
        // The others have been given up, and nothing is left of them.
        #expect(stage.openCount == 1 && stage.lastLoss == nil && stage.refusals.isEmpty)
    }

    @Test("gives back what a slower server comes to")
    func surplus() throws {
        let stage = try TURNStage(2)
        stage.dead = [0]
        stage.run(for: .seconds(5)) { $0.isAllocated }
        stage.dead = []
        stage.run(for: .seconds(10))
        #expect(stage.servers[0].requests[STUNMessage.allocate, default: 0] >= 2)
        #expect(stage.servers[0].allocations.isEmpty)
        #expect(stage.servers[1].allocations.count == 1 && stage.openCount == 1)
    }

    @Test("is made again when the server has forgotten it, with another 5-tuple")
    func restarted() throws {
        let stage = try TURNStage()
        stage.run(for: .seconds(5)) { $0.isAllocated }
        let address = stage.relay.relayedAddress
        stage.servers[0].restart()
        stage.act { $0.probe(at: $1) }
        let elapsed = stage.run(for: .seconds(5)) { $0.isAllocated && $0.relay.relayedAddress != address }
        // Stale nonce, mismatch, and a new allocation.
        #expect(try #require(elapsed) <= .milliseconds(160))
        #expect(stage.lastLoss == .mismatch)
        #expect(stage.send([1]))
    }

    @Test("is given up 3.5 s after a question that is not answered, and had again when the server is back")
    func killed() throws {
        let stage = try TURNStage()
        stage.run(for: .seconds(5)) { $0.isAllocated }
        stage.dead = [0]
        stage.act { $0.probe(at: $1) }
        let lost = stage.run(for: .seconds(20)) { !$0.isAllocated }
        #expect(lost == .milliseconds(3_500))
        #expect(stage.lastLoss == .noAnswer)
        stage.run(for: .seconds(60))
        stage.dead = []
        stage.servers[0].restart()
        let back = stage.run(for: .seconds(20)) { $0.isAllocated }
        #expect(try #require(back) <= .seconds(5))
    }

    @Test("believes in a closed port when that is said for half a second, and no answer comes")
    func portClosed() throws {
        let stage = try TURNStage()
        stage.run(for: .seconds(5)) { $0.isAllocated }
        let attempt = try #require(stage.relay.current)
        stage.act { $0.refused(by: attempt, at: $1) }
        stage.run(for: .seconds(1))
        stage.act { $0.refused(by: attempt, at: $1) }
        #expect(stage.isAllocated)
        stage.run(for: .seconds(1))
        stage.dead = [0]
        for _ in 0..<6 {
            stage.act { $0.refused(by: attempt, at: $1) }
            stage.run(for: .milliseconds(110))
        }
        #expect(stage.lastLoss == .noAnswer)
    }

    @Test("is sought again at once when its connection ends, but not without a pause where that happens at once again")
    func connectionEnded() throws {
        let stage = try TURNStage(transport: .tcp)
        stage.run(for: .seconds(5)) { $0.isAllocated }
        stage.run(for: .seconds(60))
        var count = 0
        let began = stage.now
        while stage.now - began < .seconds(30) {
            if let attempt = stage.relay.current {
                count += 1
                stage.act { $0.connectionEnded(attempt, .connectionLost, at: $1) }
            }
            stage.run(for: .milliseconds(10))
        }
        #expect((6...12).contains(count))
        #expect(stage.lastLoss == .connectionLost)
    }

    @Test("sends no request twice over TCP, where none is lost")
    func reliable() throws {
        let stage = try TURNStage(transport: .tcp)
        stage.dead = [0]
        stage.run(for: .milliseconds(7_400))
        #expect(stage.sent == 1 && stage.refusals.isEmpty)
        stage.run(for: .milliseconds(200))
        #expect(stage.refusals == [[.noAnswer]])
    }

    @Test("goes on with the credentials it was made with; the next one takes the new ones")
    func renewedCredentials() throws {
        let old = TURNStage.credentials
        let stage = try TURNStage()
        stage.run(for: .seconds(5)) { $0.isAllocated }
        let address = stage.relay.relayedAddress
        let new = TURNCredentials(username: "1700086400:member", password: "other")
        stage.act { $0.replaceServers(TURNStage.servers(1, .udp, new), at: $1) }
        stage.run(for: .seconds(600))
        #expect(stage.relay.relayedAddress == address && stage.relay.server?.credentials == old)
        stage.servers[0] = try SimulatedTURNServer(at: IPAddress(ipv4: 0xc633_6401), for: new)
        stage.act { $0.probe(at: $1) }
        stage.run(for: .seconds(5)) { $0.relay.server?.credentials == new }
        #expect(stage.isAllocated && stage.relay.server?.credentials == new)
    }

    @Test("gives its allocation back at the end, and has nothing more to say")
    func closed() throws {
        let stage = try TURNStage()
        stage.run(for: .seconds(5)) { $0.isAllocated }
        stage.act { $0.close(at: $1) }
        stage.run(for: .seconds(1))
        #expect(stage.servers[0].allocations.isEmpty)
        #expect(stage.relay.isFinished && stage.openCount == 0)
        #expect(!stage.send([1]))
    }

    @Test("has no way to a peer that the server forbids, and one to others")
    func forbiddenPeer() throws {
        let stage = try TURNStage()
        stage.run(for: .seconds(5)) { $0.isAllocated }
        stage.servers[0].forbidden = [TURNStage.peer.ip]
        stage.send([1])
        stage.run(for: .seconds(1))
        #expect(!stage.send([2]))
        let other = TransportAddress(IPAddress(ipv4: 0xcb00_7199), port: 41_000, transport: .relayed)
        stage.send([3], to: other)
        stage.run(for: .seconds(1))
        #expect(stage.send([4], to: other))
        stage.run(for: .seconds(1))
        #expect(stage.back == [[3], [4]])
        // What was forbidden is asked for again after a while.
        stage.servers[0].forbidden = []
        stage.run(for: .seconds(31))
        #expect(stage.send([5]))
    }
}
