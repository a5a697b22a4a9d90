// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import CSampleClip
import WHIPClient

/// The clip that is part of this program.
enum SampleClip {
    /// Reads the clip.
    ///
    /// - Returns: the clip, cut into packets.
    /// - Throws: `Clip.ParseError` where the program was built wrongly.
    static func load() throws -> Clip {
        let bytes = UnsafeBufferPointer(start: csampleclip_bytes(), count: csampleclip_length())
        return try Clip(Array(bytes))
    }
}
