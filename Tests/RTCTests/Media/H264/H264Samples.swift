// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// NAL units of H264 as encoders make them.
enum H264Samples {
    /// libx264, Constrained Baseline 3.1, 640×360.
    static let baseline = bytes("6742c01fd900a02ff97011000003000100000300320f183248")
    static let baselinePicture = bytes("68cb83cb20")
    /// libx264, Main 3.1, 1280×720.
    static let main = bytes("674d401feca02802dd80880000030008000003019078c18cb0")
    static let mainPicture = bytes("68ebe3cb20")
    /// libx264, High 4.0, 1920×1080.
    static let high = bytes("67640028acb200f0044fcb80880000030008000003019078c19240")
    static let highPicture = bytes("68ebc3cb22c0")
    /// libx264 with the identifier 5 for both sets, 320×240.
    static let fifth = bytes("6742c00d3590141fb011000003000100000300320f142a48")
    static let fifthPicture = bytes("68318b83cb20")

    /// The beginnings of slices: of an IDR picture, of one predicted from the past, of one predicted from both sides.
    static let refresh = bytes("65888411f1088ab8")
    static let predicted = bytes("419a3823f8308baa")
    static let bidirectional = bytes("019e41790b7ff0df")

    /// The bytes that hexadecimal digits stand for.
    static func bytes(_ digits: String) -> [UInt8] {
        let values = digits.compactMap { UInt8(String($0), radix: 16) }
        return stride(from: 0, to: values.count - 1, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }

    /// Several units in one payload (RFC 6184 §5.7.1).
    static func aggregate(_ units: [UInt8]...) -> [UInt8] {
        units.reduce(into: [0x78]) { payload, unit in
            payload += [UInt8(unit.count >> 8), UInt8(unit.count & 0xFF)] + unit
        }
    }

    /// A part of a unit (RFC 6184 §5.8).
    static func fragment(_ unit: [UInt8], starts: Bool = false, ends: Bool = false) -> [UInt8] {
        let head = unit[0] & 0x1F | (starts ? 0x80 : 0) | (ends ? 0x40 : 0)
        return [unit[0] & 0xE0 | 28, head] + (starts ? Array(unit[1...]) : [0x11, 0x22, 0x33])
    }

    /// The units of a payload that has whole ones.
    static func units(_ payload: [UInt8]) -> [[UInt8]] {
        guard payload.first.map({ $0 & 0x1F }) == 24 else { return [payload] }
        var units: [[UInt8]] = []
        var offset = 1
        while offset + 2 < payload.count {
            let size = Int(payload[offset]) << 8 | Int(payload[offset + 1])
            units.append(Array(payload[offset + 2..<offset + 2 + size]))
            offset += 2 + size
        }
        return units
    }
}

/// Writes the bits of a NAL unit, with the bytes that prevent start codes.
struct H264BitWriter {
    private var bits: [Bool] = []

    mutating func write(_ value: UInt32, bits count: Int) {
        for place in (0..<count).reversed() { bits.append(value >> UInt32(place) & 1 == 1) }
    }

    mutating func unsigned(_ value: UInt32) {
        let code = value + 1
        let length = 32 - code.leadingZeroBitCount
        write(0, bits: length - 1)
        write(code, bits: length)
    }

    mutating func signed(_ value: Int32) {
        unsigned(value > 0 ? UInt32(2 * value - 1) : UInt32(-2 * value))
    }

    /// The unit behind this header, with a stop bit at the end.
    func unit(_ header: UInt8) -> [UInt8] {
        var padded = bits + [true]
        while padded.count % 8 != 0 { padded.append(false) }
        var unit = [header]
        var zeros = 0
        for start in stride(from: 0, to: padded.count, by: 8) {
            let byte = padded[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
            if zeros >= 2, byte <= 3 {
                unit.append(3)
                zeros = 0
            }
            unit.append(byte)
            zeros = byte == 0 ? zeros + 1 : 0
        }
        return unit
    }
}
