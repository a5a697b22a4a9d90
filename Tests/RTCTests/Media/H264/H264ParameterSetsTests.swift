// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Remembered H264 parameter sets")
struct H264ParameterSetsTests {
    @Test("both kinds share one packet, sequence parameter sets first")
    func layout() throws {
        var sets = H264ParameterSets(aggregates: true)
        #expect(sets.packetCount == 0)
        #expect(try remember(H264Samples.baselinePicture, &sets))
        #expect(try remember(H264Samples.baseline, &sets))
        #expect(packets(sets) == [H264Samples.aggregate(H264Samples.baseline, H264Samples.baselinePicture)])
        #expect(sets.latestSequence?.width == 640)
    }

    @Test("without aggregation each goes in a packet of its own")
    func single() throws {
        var sets = H264ParameterSets(aggregates: false)
        _ = try remember(H264Samples.baseline, &sets)
        _ = try remember(H264Samples.baselinePicture, &sets)
        #expect(packets(sets) == [H264Samples.baseline, H264Samples.baselinePicture])
    }

    @Test("what is known changes nothing; another set of the same number replaces the former one")
    func change() throws {
        var sets = H264ParameterSets(aggregates: true)
        _ = try remember(H264Samples.baseline, &sets)
        _ = try remember(H264Samples.baselinePicture, &sets)
        #expect(try remember(H264Samples.baseline, &sets) == false)
        #expect(try remember(H264Samples.main, &sets))
        #expect(sets.latestSequence?.width == 1280)
        #expect(try remember(H264Samples.fifth, &sets))
        #expect(try remember(H264Samples.fifthPicture, &sets))
        let units = packets(sets).flatMap { H264Samples.units($0) }
        #expect(
            units == [H264Samples.main, H264Samples.fifth, H264Samples.baselinePicture, H264Samples.fifthPicture]
        )
    }

    @Test(
        "sprop-parameter-sets is read, and what is malformed in it passed over",
        arguments: [
            ("Z0LAH9kAoC/5cBEAAAMAAQAAAwAyDxgySA==,aMuDyyA=", 2),
            ("Z0LAH9kAoC/5cBEAAAMAAQAAAwAyDxgySA,aMuDyyA", 2),
            (",,aMuDyyA=,", 1),
            ("Z0LAH9kAoC/5cBEAAAMAAQAAAwAyDxgySA==,a*uDyyA=", 1),
            ("aMuDyyA==", 0), ("aMuDy", 0), ("a=MuDyyA", 0), ("====", 0), ("", 0), ("ZQ==", 0), ("Zw==", 0),
        ]
    )
    func declared(text: String, count: Int) {
        var sets = H264ParameterSets(aggregates: false)
        sets.remember(declared: text)
        #expect(sets.packetCount == count)
        if count == 2 { #expect(packets(sets) == [H264Samples.baseline, H264Samples.baselinePicture]) }
    }

    @Test("they stay within bounds, the newest ones are kept", arguments: [true, false])
    func bounds(aggregates: Bool) throws {
        var sets = H264ParameterSets(aggregates: aggregates)
        for id in 0..<32 as Range<UInt32> {
            var writer = H264BitWriter()
            writer.write(0x42_C0_1F, bits: 24)
            writer.unsigned(id)
            for _ in 0..<600 { writer.write(0xA5, bits: 8) }
            #expect(try remember(writer.unit(0x67), &sets))
        }
        for id in 0..<256 as Range<UInt32> {
            var writer = H264BitWriter()
            writer.unsigned(id)
            writer.unsigned(id % 32)
            for _ in 0..<300 { writer.write(0x5A, bits: 8) }
            #expect(try remember(writer.unit(0x68), &sets))
        }
        let payloads = packets(sets)
        #expect(payloads.allSatisfy { $0.count <= 1_200 })
        #expect(payloads.reduce(0) { $0 + $1.count } <= 4_096 + 64)
        var newest = H264BitWriter()
        newest.unsigned(255)
        newest.unsigned(31)
        for _ in 0..<300 { newest.write(0x5A, bits: 8) }
        #expect(payloads.flatMap { H264Samples.units($0) }.last == newest.unit(0x68))
    }

    @Test("what is no set, or has no room in a packet, is passed over")
    func others() throws {
        var sets = H264ParameterSets(aggregates: true)
        #expect(try remember([], &sets) == false)
        #expect(try remember([0x67], &sets) == false)
        #expect(try remember([0x68, 0x00], &sets) == false)
        #expect(try remember(H264Samples.refresh, &sets) == false)
        #expect(try remember(H264Samples.baseline + [UInt8](repeating: 0x55, count: 1_200), &sets) == false)
        var numbers = SplitMix64(seed: 7)
        for _ in 0..<2_000 {
            var unit = numbers.bytes(count: Int.random(in: 1...40, using: &numbers))
            unit[0] = Bool.random(using: &numbers) ? 0x67 : 0x68
            _ = try remember(unit, &sets)
            #expect(sets.packetCount <= 16)
        }
    }

    /// Says whether the set was new; `throws` so that `#expect` takes a call that changes its argument.
    private func remember(_ unit: [UInt8], _ sets: inout H264ParameterSets) throws -> Bool {
        sets.remember(unit.span.bytes)
    }

    private func packets(_ sets: H264ParameterSets) -> [[UInt8]] {
        (0..<sets.packetCount).map { Array(sets.bytes[sets.payload(at: $0)]) }
    }
}
