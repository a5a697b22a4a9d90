// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

/// Makes broken session descriptions out of whole ones.
private struct Mutator {
    var random: SplitMix64
    /// The lines of all offers.
    let lines: [[UInt8]]
    /// The offers, as lines.
    let offers: [[[UInt8]]]

    /// What parsers stumble over.
    private static let pieces = [
        "a=", "m=", ":", "=", " ", "/", ";", ",", "~", "0", "65536", "4294967296", "-1", "18446744073709551616", "\r",
        "\n",
        "\0", "*", "é", "a=rid:", "a=simulcast:send ", "a=ssrc-group:FID ", "a=fmtp:96 apt=96", "a=mid:",
        "a=group:BUNDLE ",
    ].map { Array($0.utf8) }

    init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        offers = try SDPSamples.names.map { name in
            try SDPSamples.offer(name).split(separator: "\r\n").map { Array($0.utf8) }
        }
        lines = offers.flatMap(\.self)
    }

    /// How an input is made.
    enum Kind {
        case noise
        case mixture
        case mutation
    }

    /// Makes the next input.
    mutating func make(_ kind: Kind) -> [UInt8] {
        switch kind {
        case .noise: noise()
        case .mixture: mixture()
        case .mutation: mutation()
        }
    }

    /// Bytes with nothing in them, behind what makes them SDP.
    private mutating func noise() -> [UInt8] {
        var bytes = Array("v=0\r\n".utf8)
        for _ in 0..<random.next() % 8 {
            withUnsafeBytes(of: random.next()) { bytes += $0 }
        }
        return bytes
    }

    /// A few lines of all offers in any order, some of them broken.
    private mutating func mixture() -> [UInt8] {
        var text: [[UInt8]] = [Array("v=0".utf8), Array("m=video 9 UDP/TLS/RTP/SAVPF 96 102 111".utf8)]
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let line = lines[Int.random(in: lines.indices, using: &random)]
            text.append(Bool.random(using: &random) ? line : broken(line))
        }
        return Array(text.joined(separator: [0x0d, 0x0a]))
    }

    /// A whole offer with a few lines broken, lost, doubled or moved.
    private mutating func mutation() -> [UInt8] {
        var text = offers[Int.random(in: offers.indices, using: &random)]
        for _ in 0..<Int.random(in: 1...3, using: &random) where text.count > 1 {
            let place = Int.random(in: 1..<text.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: text[place] = broken(text[place])
            case 1: text.remove(at: place)
            case 2: text.insert(text[place], at: Int.random(in: 1...text.count, using: &random))
            case 3: text.swapAt(place, Int.random(in: 1..<text.count, using: &random))
            default: text.insert(lines[Int.random(in: lines.indices, using: &random)], at: place)
            }
        }
        return Array(text.joined(separator: [0x0d, 0x0a]))
    }

    private mutating func broken(_ line: [UInt8]) -> [UInt8] {
        var line = line
        let place = Int.random(in: 0...line.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: line.insert(contentsOf: Self.pieces[Int.random(in: Self.pieces.indices, using: &random)], at: place)
        case 1: line.removeSubrange(place...)
        case 2: line.removeSubrange(..<place)
        default: if place < line.count { line[place] = UInt8.random(in: 0...255, using: &random) }
        }
        return line
    }
}

@Suite("Session descriptions of any bytes")
struct SDPRobustnessTests {
    /// Reads and answers in both ways; what is answered has to be readable and as long as the offer.
    private func isSound(_ bytes: [UInt8], local: SDPLocalTransport, sources: [SDPSource]) -> Bool {
        guard let offer = try? SDPOffer(parsing: bytes), !offer.description.tracks.isEmpty else { return true }
        let features = SDPSamples.features
        let answers = [
            try? SDPAnswer.receiving(offer, codecs: SDPSamples.routerCodecs, features: features, local: local),
            try? SDPAnswer.sending(sources, to: offer, features: features, local: local),
        ]
        return answers.compactMap(\.self).allSatisfy { answer in
            guard answer.text.utf8.count <= 8_192, let read = try? SDPDescription(parsing: answer.text.utf8) else {
                return false
            }
            return read.sections.map(\.mid) == offer.description.sections.map(\.mid)
                && read.sections.map(\.media) == offer.description.sections.map(\.media)
                && answer.receiveTracks.allSatisfy { !$0.encodings.isEmpty && $0.codecs.count == 1 }
        }
    }

    /// 12,600 inputs for each seed.
    @Test("never trap, and what is answered can be read", arguments: 0..<UInt64(8))
    func anyBytes(seed: UInt64) throws {
        var mutator = try Mutator(seed: seed)
        let local = try SDPSamples.transport()
        let sources = [
            SDPSource(codec: SDPSamples.opus, ssrc: 1, cname: "c", streamID: "s", trackID: "a"),
            SDPSource(
                codec: SDPSamples.video("VP8"),
                ssrc: 2,
                retransmissionSSRC: 3,
                cname: "c",
                streamID: "s",
                trackID: "v"
            ),
        ]
        var unsound: [String] = []
        for (count, kind) in [(10_000, Mutator.Kind.noise), (2_400, .mixture), (200, .mutation)] {
            for _ in 0..<count {
                let bytes = mutator.make(kind)
                if !isSound(bytes, local: local, sources: sources) {
                    unsound.append(String(decoding: bytes, as: UTF8.self))
                }
            }
        }
        #expect(unsound == [])
    }
}
