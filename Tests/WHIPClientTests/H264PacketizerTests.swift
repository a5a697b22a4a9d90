// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing
import WHIPClient

@Suite("H.264 payloads (RFC 6184)")
struct H264PacketizerTests {
    private func unit(_ header: UInt8, _ count: Int) -> ArraySlice<UInt8> {
        ArraySlice([header] + (1..<max(count, 1)).map { UInt8(truncatingIfNeeded: $0) })
    }

    @Test("A NAL unit that fits is a payload as it is", arguments: [1, 2, 1_199, 1_200])
    func singleUnit(count: Int) {
        let unit = unit(0x41, count)
        #expect(H264Packetizer().payloads(of: [unit]) == [Array(unit)])
    }

    @Test("Small NAL units share a STAP-A with the highest importance among them (§5.7.1)")
    func aggregate() {
        let payloads = H264Packetizer().payloads(of: [[0x47, 1, 2], [0x68, 3], [0x25, 4]])
        #expect(payloads == [[0x78, 0, 3, 0x47, 1, 2, 0, 2, 0x68, 3, 0, 2, 0x25, 4]])
    }

    @Test("A STAP-A is filled to the last byte and not beyond", arguments: [(94, 1), (95, 2)])
    func fullAggregate(secondCount: Int, payloads: Int) {
        // 1 byte for the header, 2 for each length.
        let units = [unit(0x67, 101), unit(0x68, secondCount)]
        let result = H264Packetizer(maximumPayload: 200).payloads(of: units)
        #expect(result.count == payloads)
        #expect(result.allSatisfy { $0.count <= 200 })
    }

    @Test(
        "A NAL unit that is too large becomes FU-As that put together again are the unit (§5.8)",
        arguments: [(1_201, 2), (1 + 2 * 1_198, 2), (2 + 2 * 1_198, 3), (50_000, 42)]
    )
    func fragments(count: Int, fragments: Int) throws {
        let unit = unit(0x65, count)
        let payloads = H264Packetizer().payloads(of: [unit])
        #expect(payloads.count == fragments)
        #expect(payloads.allSatisfy { (3...1_200).contains($0.count) })
        // Importance and type of the unit in the indicator and the header.
        #expect(payloads.allSatisfy { $0[0] == 0x60 | 28 && $0[1] & 0x3f == 5 })
        #expect(payloads.map { $0[1] & 0x80 != 0 } == payloads.indices.map { $0 == 0 })
        #expect(payloads.map { $0[1] & 0x40 != 0 } == payloads.indices.map { $0 == fragments - 1 })
        let together = [payloads[0][0] & 0xe0 | payloads[0][1] & 0x1f] + payloads.flatMap { $0.dropFirst(2) }
        #expect(together == Array(unit))
    }

    @Test("Small units around a large one keep their order")
    func mixture() {
        let payloads = H264Packetizer(maximumPayload: 100)
            .payloads(of: [unit(0x67, 10), unit(0x68, 5), unit(0x65, 150), unit(0x06, 4)])
        #expect(payloads.map { $0[0] & 0x1f } == [24, 28, 28, 6])
    }

    @Test("Empty units are passed over, and no unit gives no payload")
    func empty() {
        #expect(H264Packetizer().payloads(of: []).isEmpty)
        #expect(H264Packetizer().payloads(of: [[], []]).isEmpty)
        #expect(H264Packetizer().payloads(of: [[], [0x41, 1], []]) == [[0x41, 1]])
    }
}
