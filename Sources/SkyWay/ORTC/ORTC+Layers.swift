// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

extension ORTC {
    /// How many layers of a codec go to the SFU as one stream: all that are offered, or one.
    ///
    /// mediasoup takes several for VP8 and H264 only; layers of VP9 and AV1 are inside one stream (protocol page §7.4).
    ///
    /// - Parameters:
    ///   - codec: the codec.
    ///   - offered: how many layers the publisher offers.
    /// - Returns: the number, 1 to 4.
    package static func layers(of codec: RTPCodec, offered: Int) -> Int {
        let takesSeveral = ["vp8", "h264"].contains(codec.name.lowercased())
        return takesSeveral && (2...4).contains(offered) ? offered : 1
    }

    /// What viewers name so many layers by, lowest quality first; none where there is one layer (protocol page §6.4).
    package static func encodingIDs(_ layers: Int) -> [String] {
        switch layers {
        case ...1: []
        case 2: ["low", "high"]
        case 3: ["low", "mid", "high"]
        default: (0..<layers).map { "\($0)" }
        }
    }
}
