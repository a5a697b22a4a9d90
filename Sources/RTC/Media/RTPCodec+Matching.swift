// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension RTPCodec {
    /// How H264 is put into packets: 0 single NAL units, 1 non-interleaved, 2 interleaved (RFC 6184 §6.2).
    package var packetizationMode: Int { parameter("packetization-mode").flatMap { Int($0) } ?? 0 }

    /// The profile and level of H264; Constrained Baseline 3.1 where it is not said.
    package var h264ProfileLevel: H264ProfileLevel {
        parameter("profile-level-id").flatMap { H264ProfileLevel($0) } ?? .constrainedBaseline31
    }

    /// Whether levels may differ between the two directions (RFC 6184 §8.1).
    package var allowsLevelAsymmetry: Bool { parameter("level-asymmetry-allowed") == "1" }

    /// Whether both name the same encoding, clock and channels, whatever their parameters.
    package func hasSameMediaType(as other: RTPCodec) -> Bool {
        kind == other.kind && isNamed(other.name) && clockRate == other.clockRate
            && (kind == .video || channels == other.channels)
    }

    /// Whether a stream of one is a stream of the other, by the rules of mediasoup's client.
    ///
    /// H264 needs the same packetization mode and profile, VP9 the same `profile-id`, AV1 the same `profile`;
    /// levels may differ.
    package func matches(_ other: RTPCodec) -> Bool {
        guard hasSameMediaType(as: other) else { return false }
        return switch name.lowercased() {
        case "h264":
            packetizationMode == other.packetizationMode
                && h264ProfileLevel.hasSameProfile(as: other.h264ProfileLevel)
        case "vp9": number("profile-id") == other.number("profile-id")
        case "av1": number("profile") == other.number("profile")
        default: true
        }
    }

    /// The entry of a list that this codec is to be declared as.
    ///
    /// A matching entry where there is one. H264 in packetization mode 1 is taken in any profile, because encoders
    /// say Constrained Baseline and make High: an entry of the same profile, else Constrained Baseline, else the
    /// first one in mode 1.
    ///
    /// - Parameter listed: what the router or the other end takes.
    /// - Returns: the nearest entry; `nil` where none will do.
    package func nearest(in listed: [RTPCodec]) -> RTPCodec? {
        if let exact = listed.first(where: { matches($0) }) { return exact }
        guard isNonInterleavedH264 else { return nil }
        let candidates = listed.filter { $0.isNonInterleavedH264 && hasSameMediaType(as: $0) }
        return candidates.first { $0.h264ProfileLevel.profile == .constrainedBaseline } ?? candidates.first
    }

    /// Whether this is H264 in packetization mode 1.
    var isNonInterleavedH264: Bool { kind == .video && isNamed("H264") && packetizationMode == 1 }

    private func number(_ parameterName: String) -> Int { parameter(parameterName).flatMap { Int($0) } ?? 0 }
}

extension RTPCodec {
    /// The codec to be used out of an offer: the listed order of encodings decides, then the offered one.
    ///
    /// Among the kinds of H264, packetization mode 1 comes first, and in it Constrained Baseline where both ends have
    /// it, since some viewers (Firefox, Safari) play no Baseline and a declared profile is matched strictly.
    ///
    /// - Parameters:
    ///   - offered: what the other end can send or receive.
    ///   - listed: what this end takes, best first.
    /// - Returns: an element of `offered`; `nil` where there is no common codec.
    package static func choose(from offered: [RTPCodec], listed: [RTPCodec]) -> RTPCodec? {
        for entry in listed {
            if entry.kind == .video, entry.isNamed("H264"), let codec = chooseH264(from: offered, listed: listed) {
                return codec
            }
            if let codec = offered.first(where: { $0.matches(entry) }) { return codec }
        }
        return nil
    }

    /// H264 in mode 1: Constrained Baseline, else a listed profile in the listed order, else the first offered.
    private static func chooseH264(from offered: [RTPCodec], listed: [RTPCodec]) -> RTPCodec? {
        let listed = listed.filter(\.isNonInterleavedH264)
        let common = listed.compactMap { entry in offered.first { $0.matches(entry) } }
        if let best = common.first(where: { $0.h264ProfileLevel.profile == .constrainedBaseline }) ?? common.first {
            return best
        }
        return listed.isEmpty ? nil : offered.first(where: \.isNonInterleavedH264)
    }
}
