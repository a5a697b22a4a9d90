// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Looks for NAL units in H264 payloads (RFC 6184).
package enum H264Payload {
    /// What a payload holds.
    package static func content(of payload: RawSpan) -> PayloadContent {
        var content: PayloadContent = []
        var reader = H264UnitReader()
        while let unit = reader.next(in: payload) { content.formUnion(self.content(of: unit, in: payload)) }
        return content
    }

    private static func content(of unit: H264Unit, in payload: RawSpan) -> PayloadContent {
        switch unit.type {
        case H264UnitType.slice: unit.begins ? .slice : []
        case H264UnitType.refreshSlice: isFirstSlice(unit, payload) ? [.keyFrame, .refreshStart] : .keyFrame
        case H264UnitType.sequenceParameterSet: unit.begins ? [.entryPoint, .parameterSets] : []
        case H264UnitType.pictureParameterSet: unit.begins ? .parameterSets : []
        default: []
        }
    }

    /// Whether the first slice of a picture begins here: `first_mb_in_slice` is 0, which is one bit.
    private static func isFirstSlice(_ unit: H264Unit, _ payload: RawSpan) -> Bool {
        unit.begins && !unit.body.isEmpty && payload.byte(at: unit.body.lowerBound) & 0x80 != 0
    }
}
