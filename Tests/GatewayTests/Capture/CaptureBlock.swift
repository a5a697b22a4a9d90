// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

/// A block of a capture (pcapng): its type and its body.
struct CaptureBlock: Hashable {
    var type: UInt32
    var body: [UInt8]

    /// A number in little-endian order.
    static func number(_ bytes: some Collection<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Takes a file apart; both lengths of each block have to agree.
    static func blocks(_ bytes: [UInt8]) throws -> [CaptureBlock] {
        var blocks: [CaptureBlock] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = Int(number(rest.dropFirst(4).prefix(4)))
            try #require(length % 4 == 0 && length >= 12 && length <= rest.count)
            let block = rest.prefix(length)
            #expect(number(block.suffix(4)) == UInt32(length))
            blocks.append(CaptureBlock(type: number(block.prefix(4)), body: Array(block.dropFirst(8).dropLast(4))))
            rest = rest.dropFirst(length)
        }
        return blocks
    }
}
