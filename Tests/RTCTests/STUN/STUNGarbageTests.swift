// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

/// Bytes from the network never trap.
@Suite struct STUNGarbageTests {
    private let credentials = ICECredentials(usernameFragment: "frag", password: "0123456789012345678901")

    private func valid() throws -> [UInt8] {
        var request = TestRequest(to: try #require(credentials))
        request.usesCandidate = true
        return request.encoded()
    }

    private func read(_ datagram: [UInt8]) {
        guard let message = try? STUNMessage(parsing: datagram.span.bytes) else { return }
        _ = message.destinationUsernameFragment(in: datagram.span.bytes)
        _ = message.isAuthentic(password: "0123456789012345678901", in: datagram.span.bytes)
    }

    @Test("Random bytes behind a right header", arguments: [1, 2, 3, 4] as [UInt64])
    func randomBytes(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<20_000 {
            let words = Int.random(in: 0...24, using: &generator)
            var datagram = STUNBytes.bytes(hex: "0001 0000 2112a442")
            datagram[3] = UInt8(words * 4)
            datagram += (0..<12 + words * 4).map { _ in UInt8.random(in: 0...255, using: &generator) }
            // Small types and lengths now and then, so that the walk gets far.
            for word in 0..<words where Bool.random(using: &generator) {
                datagram[20 + word * 4] = [0x00, 0x80, 0xc0][Int.random(in: 0..<3, using: &generator)]
                datagram[21 + word * 4] &= 0x2f
                datagram[22 + word * 4] = 0
                datagram[23 + word * 4] &= 0x1f
            }
            read(datagram)
        }
    }

    @Test("A valid check with bytes changed, cut and repeated", arguments: [5, 6] as [UInt64])
    func mutations(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let original = try valid()
        for _ in 0..<20_000 {
            var datagram = original
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = datagram.indices.randomElement(using: &generator) ?? 0
                datagram[index] = UInt8.random(in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator) {
                datagram.removeLast(Int.random(in: 0...datagram.count, using: &generator))
                if datagram.count >= 20 { datagram[3] = UInt8(truncatingIfNeeded: datagram.count - 20) & 0xfc }
            }
            read(datagram)
        }
    }

    @Test("Every prefix of a valid check is refused")
    func prefixes() throws {
        let original = try valid()
        for length in original.indices {
            let prefix = Array(original[..<length])
            #expect(throws: STUNError.self) { try STUNMessage(parsing: prefix.span.bytes) }
        }
    }
}
