// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Reads the payload descriptor of VP9 (RFC 9628 §4.2).
package enum VP9Payload {
    /// Whether a key frame begins with this payload: the start of a lowest layer that is predicted from nothing.
    package static func startsKeyFrame(_ payload: RawSpan) -> Bool {
        guard payload.byteCount >= 2 else { return false }
        let first = payload.byte(at: 0)
        let hasPictureID = first & 0x80 != 0
        let isPredicted = first & 0x40 != 0
        let hasLayers = first & 0x20 != 0
        let startsFrame = first & 0x08 != 0
        guard startsFrame, !isPredicted else { return false }
        guard hasLayers else { return true }
        var offset = 1
        if hasPictureID { offset += payload.byte(at: offset) & 0x80 != 0 ? 2 : 1 }
        guard offset < payload.byteCount else { return false }
        let spatialLayer = payload.byte(at: offset) >> 1 & 0x07
        return spatialLayer == 0
    }

    /// Where the scalability structure of a payload lies, or the frame where there is none; `nil` where the payload is
    /// predicted, or cut off.
    static func structureOffset(_ payload: RawSpan) -> Int? {
        guard payload.byteCount >= 2 else { return nil }
        let first = payload.byte(at: 0)
        guard first & 0x40 == 0 else { return nil }
        var offset = 1
        if first & 0x80 != 0 { offset += payload.byte(at: offset) & 0x80 != 0 ? 2 : 1 }
        // Without flexible references the index of the lowest temporal layer follows those of the layers.
        if first & 0x20 != 0 { offset += first & 0x10 != 0 ? 1 : 2 }
        return offset < payload.byteCount ? offset : nil
    }
}
