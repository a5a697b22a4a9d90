// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Looks for NAL units in H264 payloads (RFC 6184).
package enum H264Payload {
    private static let instantaneousRefresh: UInt8 = 5
    private static let sequenceParameterSet: UInt8 = 7
    private static let singleTimeAggregation: UInt8 = 24
    private static let fragmentation: UInt8 = 28

    /// Whether a sequence parameter set lies in the payload or begins in it.
    ///
    /// This is what mediasoup takes for the first packet of a key frame (`skyway-protocol.md` §7.6): an IDR picture
    /// whose parameter sets were sent elsewhere is none to it.
    package static func containsSequenceParameterSet(_ payload: RawSpan) -> Bool {
        contains(sequenceParameterSet, payload)
    }

    /// Whether a slice of an IDR picture lies in the payload or begins in it.
    package static func containsIDR(_ payload: RawSpan) -> Bool {
        contains(instantaneousRefresh, payload)
    }

    private static func contains(_ type: UInt8, _ payload: RawSpan) -> Bool {
        guard payload.byteCount >= 1 else { return false }
        switch payload.byte(at: 0) & 0x1F {
        case type: return true
        case singleTimeAggregation: return aggregationContains(type, payload)
        case fragmentation:
            guard payload.byteCount >= 2 else { return false }
            let head = payload.byte(at: 1)
            return head & 0x80 != 0 && head & 0x1F == type
        default: return false
        }
    }

    /// RFC 6184 §5.7.1: units of 16 bits of size and the NAL unit.
    private static func aggregationContains(_ type: UInt8, _ payload: RawSpan) -> Bool {
        var offset = 1
        while payload.byteCount - offset >= 3 {
            let size = Int(payload.uint16(at: offset))
            offset += 2
            guard size > 0, size <= payload.byteCount - offset else { return false }
            if payload.byte(at: offset) & 0x1F == type { return true }
            offset += size
        }
        return false
    }
}
