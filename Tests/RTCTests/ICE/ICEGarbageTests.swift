// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

/// Whatever comes from the network, an agent neither traps nor answers more than once, and is not taken over.
@Suite struct ICEGarbageTests {
    private let local = ICECredentials.test(1)
    private let remote = ICECredentials.test(2)

    private func mutate(_ original: [UInt8], using generator: inout SplitMix64) -> [UInt8] {
        var datagram = original
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let index = datagram.indices.randomElement(using: &generator) ?? 0
            datagram[index] ^= UInt8.random(in: 1...255, using: &generator)
        }
        return datagram
    }

    @Test("Changed requests don't connect a lite agent", arguments: [1, 2] as [UInt64])
    func liteAgent(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var request = TestRequest(to: local)
        request.hasFingerprint = false
        let original = request.encoded()
        var agent = ICELiteAgent(local: local, rules: .ingest, at: .at(.zero))
        for step in 0..<5_000 {
            _ = agent.take(mutate(original, using: &generator), from: .test(1), at: .at(.milliseconds(step)))
            #expect(agent.drain().count <= 1)
        }
        #expect(agent.state == .new)
    }

    @Test("Changed requests and responses don't connect a controlling agent", arguments: [3, 4] as [UInt64])
    func controllingAgent(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var agent = ICEControllingAgent(
            ICEControllingConfiguration(local: local, remote: remote, candidates: [ICECandidate(host: .test(2))]),
            at: .at(.zero),
            using: &generator
        )
        var request = TestRequest(to: local)
        request.hasFingerprint = false
        let check = try #require(agent.drain().first).bytes
        let transaction = try STUNMessage(parsing: check.span.bytes).transaction
        let response = STUNBytes.written { output in
            let writer = STUNWriter(.success, transaction: transaction, into: &output)
            writer.writeXORMappedAddress(.test(1), to: &output)
            writer.writeIntegrity(password: remote.password, to: &output)
        }
        for step in 0..<5_000 {
            let original = step.isMultiple(of: 2) ? response : request.encoded()
            let datagram = mutate(original, using: &generator)
            _ = agent.take(datagram, from: .test(2), at: .at(.microseconds(step)))
            _ = agent.drain()
        }
        #expect(agent.state == .checking)
        #expect(agent.take(response, from: .test(2), at: .at(.milliseconds(6))) == nil)
        #expect(agent.state == .connected)
    }
}
