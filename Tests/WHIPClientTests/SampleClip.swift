// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import CSampleClip
import WHIPClient

/// The embedded clip, and small ones that are put together for a test.
enum SampleClip {
    /// The embedded clip's bytes.
    static let bytes = Array(UnsafeBufferPointer(start: csampleclip_bytes(), count: csampleclip_length()))

    /// One record of a clip.
    struct Record {
        var kind: UInt8
        var flags: UInt8 = 0
        var timestamp: UInt32
        var body: [UInt8]

        static func video(_ timestamp: UInt32, isKeyFrame: Bool = false, _ units: [UInt8]...) -> Record {
            let body = units.flatMap { SampleClip.bigEndian(UInt32($0.count)) + $0 }
            return Record(kind: 1, flags: isKeyFrame ? 1 : 0, timestamp: timestamp, body: body)
        }

        static func audio(_ timestamp: UInt32, _ body: [UInt8] = [0xfc, 1, 2]) -> Record {
            Record(kind: 2, timestamp: timestamp, body: body)
        }
    }

    /// A clip of some records.
    static func make(seconds: UInt32 = 1, _ records: [Record]) -> [UInt8] {
        header(video: 90_000 * seconds, audio: 48_000 * seconds)
            + records.flatMap { record in
                [record.kind, record.flags, 0, 0] + bigEndian(record.timestamp)
                    + bigEndian(UInt32(record.body.count)) + record.body
            }
    }

    /// A header with these lengths of the loop.
    static func header(video: UInt32, audio: UInt32, rates: (UInt32, UInt32) = (90_000, 48_000)) -> [UInt8] {
        let numbers = [rates.0, rates.1, video, audio, 0, 0, 0, 0, 0, 0]
        return Array("SWGCLIP1".utf8) + numbers.flatMap(bigEndian)
    }

    static func bigEndian(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    /// A clip of a second with ten pictures, two of them key frames, and ten packets of sound.
    static func short() throws -> Clip {
        let records: [[Record]] = (0..<10).map { (number: UInt8) -> [Record] in
            let isKeyFrame = number % 5 == 0
            let unit: [UInt8] = [isKeyFrame ? 0x65 : 0x41, number]
            return [
                .video(UInt32(number) * 9_000, isKeyFrame: isKeyFrame, unit),
                .audio(UInt32(number) * 4_800, [0xfc, number]),
            ]
        }
        return try Clip(make(records.flatMap(\.self)))
    }
}
