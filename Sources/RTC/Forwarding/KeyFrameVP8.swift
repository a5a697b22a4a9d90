// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Reads the payload descriptor of VP8 (RFC 7741 §4.2).
package enum VP8Payload {
    /// Whether a key frame begins with this payload.
    package static func startsKeyFrame(_ payload: RawSpan) -> Bool {
        guard payload.byteCount >= 1 else { return false }
        let first = payload.byte(at: 0)
        let startsPartitionZero = first & 0x10 != 0 && first & 0x07 == 0
        guard startsPartitionZero, let offset = descriptorLength(payload), offset < payload.byteCount
        else { return false }
        // RFC 7741 §4.3: the lowest bit of the frame is 0 in a key frame.
        return payload.byte(at: offset) & 0x01 == 0
    }

    /// The length of the payload descriptor; `nil` where it is cut off.
    static func descriptorLength(_ payload: RawSpan) -> Int? {
        guard payload.byte(at: 0) & 0x80 != 0 else { return 1 }
        guard payload.byteCount >= 2 else { return nil }
        let extensions = payload.byte(at: 1)
        var length = 2
        if extensions & 0x80 != 0 {
            guard length < payload.byteCount else { return nil }
            length += payload.byte(at: length) & 0x80 != 0 ? 2 : 1
        }
        if extensions & 0x40 != 0 { length += 1 }
        if extensions & 0x30 != 0 { length += 1 }
        return length
    }
}
