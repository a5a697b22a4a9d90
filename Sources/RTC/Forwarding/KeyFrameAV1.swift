// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Reads the aggregation header of AV1 (AOMedia, RTP Payload Format for AV1, §4.4).
package enum AV1Payload {
    /// Whether a coded video sequence begins with this payload: the N bit, and no fragment continued from before.
    package static func startsCodedVideoSequence(_ payload: RawSpan) -> Bool {
        guard payload.byteCount >= 2 else { return false }
        let header = payload.byte(at: 0)
        return header & 0x08 != 0 && header & 0x80 == 0
    }
}
