// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("H264 sequence parameter sets")
struct H264SequenceParameterSetTests {
    /// Sets that libx264 and OpenH264 made.
    private static let vectors: [(String, String, UInt8, Int, Int)] = [
        ("6742c01fd900a02ff97011000003000100000300320f183248", "42c01f", 0, 640, 360),
        ("674d401feca02802dd80880000030008000003019078c18cb0", "4d401f", 0, 1280, 720),
        ("67640028acb200f0044fcb80880000030008000003019078c19240", "640028", 0, 1920, 1080),
        // interlaced: rows of macroblocks count twice
        ("67640028acd94078044fde0220000003002000000643e2c5b2c0", "640028", 0, 1920, 1080),
        ("67f4000d919b282a10f1f1f808800000030080000019078a14cb", "f4000d", 0, 322, 242),
        ("677a000dbcd9415087888fc044000003000400000300c83c50a658", "7a000d", 0, 322, 242),
        ("676e000da6cd94150878888c0440000003004000000c83c50a6580", "6e000d", 0, 322, 242),
        ("6764000df36505421e3e3f016c800000030080000019078a14cb", "64000d", 0, 322, 242),
        ("6742c00cd901419ea23011000003000100000300320f142a48", "42c00c", 0, 318, 178),
        ("6742d00bda0507ec0440000003004000000c83c489a8", "42d00b", 0, 320, 240),
        ("6742c00d3590141fb011000003000100000300320f142a48", "42c00d", 5, 320, 240),
        // cut on all four sides
        ("674d401eeca05017e24ad60220000003002000000641e2c5b2c0", "4d401e", 0, 616, 362),
        ("6742c01e8c680a02ff970101e1108d40", "42c01e", 0, 640, 360),
    ]

    @Test("tell profile, level and the size of the shown picture", arguments: vectors)
    func known(digits: String, profile: String, id: UInt8, width: Int, height: Int) throws {
        let set = try #require(parse(H264Samples.bytes(digits)))
        #expect(set.profileLevel.text == profile)
        #expect(set.id == id)
        #expect(set.width == width)
        #expect(set.height == height)
    }

    @Test("cut off anywhere, they are refused or say the same", arguments: vectors)
    func truncation(digits: String, profile: String, id: UInt8, width: Int, height: Int) throws {
        let unit = H264Samples.bytes(digits)
        let whole = try #require(parse(unit))
        for length in 0..<unit.count {
            if let set = parse(Array(unit.prefix(length))) { #expect(set == whole) }
        }
        #expect(parse(Array(unit.prefix(6))) == nil)
    }

    @Test("no bytes make the parser trap", arguments: 0..<50 as Range<UInt64>)
    func garbage(seed: UInt64) {
        var numbers = SplitMix64(seed: seed)
        for _ in 0..<200 {
            var unit = numbers.bytes(count: Int.random(in: 0...60, using: &numbers))
            if Bool.random(using: &numbers), let known = Self.vectors.randomElement(using: &numbers) {
                unit = H264Samples.bytes(known.0)
                for _ in 0..<3 {
                    unit[Int.random(in: 1..<unit.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
                }
            }
            if !unit.isEmpty { unit[0] = 0x67 }
            if let set = parse(unit) {
                #expect((1...16 * 2 * 1_055).contains(set.width))
                #expect((1...16 * 2 * 1_055).contains(set.height))
                #expect(set.id <= 31)
            }
        }
    }

    @Test("every form of them is read as it was written", arguments: 0..<40 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var numbers = SplitMix64(seed: seed)
        for _ in 0..<20 {
            let written = WrittenSet(using: &numbers)
            let set = try #require(parse(written.unit))
            #expect(set.width == written.width)
            #expect(set.height == written.height)
            #expect(set.id == written.id)
        }
    }

    @Test("a picture that is cut away, an unknown identifier or another unit is refused")
    func outOfRange() {
        var numbers = SplitMix64(seed: 3)
        var set = WrittenSet(using: &numbers)
        set.cropsAway = true
        #expect(parse(set.write()) == nil)
        set.cropsAway = false
        set.id = 32
        #expect(parse(set.write()) == nil)
        set.id = 31
        #expect(parse(set.write()) != nil)
        var other = set.write()
        other[0] = 0x68
        #expect(parse(other) == nil)
    }

    private func parse(_ unit: [UInt8]) -> H264SequenceParameterSet? {
        H264SequenceParameterSet(parsing: unit.span.bytes)
    }
}

/// A set of random fields.
private struct WrittenSet {
    var id: UInt8
    var width = 0
    var height = 0
    var cropsAway = false
    var unit: [UInt8] = []
    private let numbers: SplitMix64

    init(using generator: inout SplitMix64) {
        numbers = SplitMix64(seed: generator.next())
        id = UInt8.random(in: 0...31, using: &generator)
        unit = write()
        (width, height) = size()
    }

    private func fields() -> (format: UInt32, columns: UInt32, rows: UInt32, isProgressive: Bool, crop: [UInt32]) {
        var numbers = numbers
        // Large numbers bring runs of zeros, and so bytes that prevent start codes.
        let sides: [UInt32] = [0, 1, 39, 119, 127, 255, 511, 1_023]
        return (
            format: UInt32.random(in: 0...3, using: &numbers),
            columns: (sides.randomElement(using: &numbers) ?? 0) + 2,
            rows: (sides.randomElement(using: &numbers) ?? 0) + 2,
            isProgressive: Bool.random(using: &numbers),
            crop: (0..<4).map { _ in UInt32.random(in: 0...3, using: &numbers) }
        )
    }

    private func size() -> (Int, Int) {
        let fields = fields()
        let lines = fields.isProgressive ? 1 : 2
        let unitX = fields.format == 1 || fields.format == 2 ? 2 : 1
        let unitY = (fields.format == 1 ? 2 : 1) * lines
        return (
            16 * (Int(fields.columns) + 1) - unitX * Int(fields.crop[0] + fields.crop[1]),
            16 * lines * (Int(fields.rows) + 1) - unitY * Int(fields.crop[2] + fields.crop[3])
        )
    }

    func write() -> [UInt8] {
        let fields = fields()
        var numbers = SplitMix64(seed: UInt64(fields.columns) << 20 | UInt64(fields.rows))
        var writer = H264BitWriter()
        writer.write(0x64_00_28, bits: 24)
        writer.unsigned(UInt32(id))
        writer.unsigned(fields.format)
        if fields.format == 3 { writer.write(0, bits: 1) }
        writer.unsigned(0)
        writer.unsigned(0)
        writer.write(0, bits: 1)
        writeScaling(lists: fields.format == 3 ? 12 : 8, into: &writer, &numbers)
        writer.unsigned(0)
        writePictureOrder(into: &writer, &numbers)
        writer.unsigned(4)
        writer.write(0, bits: 1)
        writer.unsigned(fields.columns)
        writer.unsigned(fields.rows)
        writer.write(fields.isProgressive ? 1 : 0, bits: 1)
        if !fields.isProgressive { writer.write(1, bits: 1) }
        writer.write(1, bits: 1)
        writer.write(1, bits: 1)
        for crop in fields.crop { writer.unsigned(cropsAway ? 100_000 : crop) }
        writer.write(0, bits: 1)
        return writer.unit(0x67)
    }

    private func writeScaling(lists: Int, into writer: inout H264BitWriter, _ numbers: inout SplitMix64) {
        let isPresent = Bool.random(using: &numbers)
        writer.write(isPresent ? 1 : 0, bits: 1)
        guard isPresent else { return }
        for list in 0..<lists {
            let size = list < 6 ? 16 : 64
            switch Int.random(in: 0..<3, using: &numbers) {
            case 0: writer.write(0, bits: 1)
            case 1:
                writer.write(1, bits: 1)
                writer.signed(-8)
            default:
                writer.write(1, bits: 1)
                for _ in 0..<size { writer.signed(1) }
            }
        }
    }

    private func writePictureOrder(into writer: inout H264BitWriter, _ numbers: inout SplitMix64) {
        let type = UInt32.random(in: 0...2, using: &numbers)
        writer.unsigned(type)
        if type == 0 { writer.unsigned(4) }
        guard type == 1 else { return }
        writer.write(0, bits: 1)
        writer.signed(-3)
        writer.signed(70_000)
        writer.unsigned(2)
        writer.signed(5)
        writer.signed(-5)
    }
}
