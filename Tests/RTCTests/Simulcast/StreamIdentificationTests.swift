// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RTC

@Suite("Where a packet belongs (RFC 9143 §9.2, RFC 8852)")
struct StreamIdentificationTests {
    /// A packet, as far as it tells where it belongs, and where that is: a track and a layer, or nowhere.
    struct Packet: Sendable {
        var ssrc: UInt32
        var payloadType: UInt8 = 96
        var mid: String?
        var rid: String?
        var repaired: String?
        /// The sequence number that a retransmission carries.
        var original: UInt16 = 0
        /// When it comes, in milliseconds.
        var at = 0
        /// “v0”: the first layer of the video; “a0”: the sound; `nil`: nowhere.
        var place: String?
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var layers = [RTPEncoding(rid: "q"), RTPEncoding(rid: "h"), RTPEncoding(rid: "f")]
        /// Whether the m-sections have media ids.
        var hasMIDs = true
        let packets: [Packet]
    }

    private static func tracks(_ row: Row) throws -> IncomingTracks {
        var tracks = IncomingTracks()
        let opus = RTPCodec(kind: .audio, name: "opus", payloadType: 111, clockRate: 48_000, channels: 2)
        let vp8 = RTPCodec(
            kind: .video,
            name: "VP8",
            payloadType: 96,
            clockRate: 90_000,
            feedback: [.nack],
            retransmissionPayloadType: 97
        )
        let extensions = HeaderExtensionMap([.mid: 1, .rtpStreamID: 2, .repairedRTPStreamID: 3])
        for (kind, mid, codec, encodings) in [
            (MediaKind.audio, "0", opus, [RTPEncoding()]), (.video, "1", vp8, row.layers),
        ] {
            _ = try tracks.add(
                ReceiveTrackParameters(
                    kind: kind,
                    mid: row.hasMIDs ? mid : nil,
                    codecs: [codec],
                    encodings: encodings,
                    extensions: extensions
                )
            )
        }
        return tracks
    }

    private static func place(of packet: Packet, in tracks: inout IncomingTracks) throws -> String? {
        var extensions = PacketExtensions()
        extensions.mid = packet.mid.flatMap { ShortIdentifier($0) }
        extensions.rtpStreamID = packet.rid.flatMap { ShortIdentifier($0) }
        extensions.repairedRTPStreamID = packet.repaired.flatMap { ShortIdentifier($0) }
        let header = try RTPHeader.sample(1, ssrc: packet.ssrc, payloadType: packet.payloadType)
        let slot =
            packet.payloadType == 97
            ? try? tracks.identifyRetransmission(header, extensions, original: packet.original)
            : try? tracks.identify(header, extensions, at: .milliseconds(packet.at)).slot
        guard let slot, let stream = tracks.streams[slot] else { return nil }
        return (stream.track.rawValue == 0 ? "a" : "v") + "\(stream.encoding.rawValue)"
    }

    @Test("by RID, by repaired RID, by MID, by SSRC, by payload type, in this order of trust", arguments: rows)
    func identified(row: Row) throws {
        var tracks = try Self.tracks(row)
        for (number, packet) in row.packets.enumerated() {
            #expect(try Self.place(of: packet, in: &tracks) == packet.place, "packet \(number)")
        }
    }

    private static let single = [RTPEncoding()]
    private static let announced = [RTPEncoding(ssrc: 10, retransmissionSSRC: 11), RTPEncoding(ssrc: 20)]

    static let rows = [
        Row(
            testDescription: "RID alone, then its SSRC alone",
            packets: [Packet(ssrc: 5, rid: "h", place: "v1"), Packet(ssrc: 5, place: "v1"), Packet(ssrc: 6)]
        ),
        Row(
            testDescription: "MID and RID on every packet",
            packets: (0..<3).map { _ in Packet(ssrc: 5, mid: "1", rid: "f", place: "v2") }
        ),
        Row(
            testDescription: "MID and RID on the first packets, then MID, then nothing",
            packets: [
                Packet(ssrc: 5, mid: "1", rid: "q", place: "v0"), Packet(ssrc: 5, mid: "1", place: "v0"),
                Packet(ssrc: 5, place: "v0"), Packet(ssrc: 5, rid: "q", place: "v0"),
            ]
        ),
        Row(
            testDescription: "the SSRC of a layer changes in mid-stream",
            packets: [
                Packet(ssrc: 5, rid: "h", place: "v1"), Packet(ssrc: 6, rid: "h", at: 1, place: "v1"),
                Packet(ssrc: 6, at: 2, place: "v1"),
                // What is late of the former one does not take the layer back, until it is a change of its own.
                Packet(ssrc: 5, rid: "h", at: 400), Packet(ssrc: 5, at: 400),
                Packet(ssrc: 5, rid: "h", at: 600, place: "v1"), Packet(ssrc: 6, at: 600),
            ]
        ),
        Row(
            testDescription: "a RID that contradicts what was learned of an SSRC",
            packets: [
                Packet(ssrc: 5, rid: "q", place: "v0"), Packet(ssrc: 5, rid: "f", place: "v2"),
                Packet(ssrc: 5, place: "v2"), Packet(ssrc: 6, rid: "q", place: "v0"),
            ]
        ),
        Row(
            testDescription: "a RID that contradicts an announced SSRC",
            layers: [RTPEncoding(ssrc: 10, rid: "q"), RTPEncoding(ssrc: 20, rid: "h")],
            packets: [
                Packet(ssrc: 10, rid: "h", place: "v1"), Packet(ssrc: 10, place: "v1"),
                Packet(ssrc: 20, rid: "q", place: "v0"),
            ]
        ),
        Row(
            testDescription: "a RID is one of its m-section",
            packets: [
                Packet(ssrc: 5, payloadType: 111, mid: "0", rid: "q", place: "a0"),
                Packet(ssrc: 6, payloadType: 96, mid: "0", rid: "q"),
            ]
        ),
        Row(
            testDescription: "a RID that nobody announced tells nothing: single layers of OBS",
            layers: single,
            packets: [
                Packet(ssrc: 5, mid: "1", rid: "0", place: "v0"), Packet(ssrc: 6, rid: "0", at: 600, place: "v0"),
            ]
        ),
        Row(
            testDescription: "a RID that nobody announced, beside layers that have some",
            packets: [
                Packet(ssrc: 5, mid: "1", rid: "x"), Packet(ssrc: 5, rid: "x"), Packet(ssrc: 5, rid: "q", place: "v0"),
                Packet(ssrc: 5, mid: "1", rid: "x", place: "v0"),
            ]
        ),
        Row(
            testDescription: "MID alone: the only layer, or the one whose SSRC was announced",
            layers: announced,
            packets: [
                Packet(ssrc: 5, payloadType: 111, mid: "0", place: "a0"), Packet(ssrc: 20, mid: "1", place: "v1"),
                Packet(ssrc: 30, mid: "1"),
            ]
        ),
        Row(
            testDescription: "a MID that contradicts what was learned of an SSRC by its payload type",
            layers: single,
            packets: [
                Packet(ssrc: 5, place: "v0"), Packet(ssrc: 6, payloadType: 111, place: "a0"),
                Packet(ssrc: 5, payloadType: 111, mid: "0", at: 600, place: "a0"),
                Packet(ssrc: 5, at: 600, place: "a0"),
            ]
        ),
        Row(
            testDescription: "a MID of no m-section",
            layers: single,
            packets: [Packet(ssrc: 5, mid: "7"), Packet(ssrc: 5, place: "v0"), Packet(ssrc: 5, mid: "7")]
        ),
        Row(
            testDescription: "a MID where m-sections have none",
            layers: single,
            hasMIDs: false,
            packets: [Packet(ssrc: 5, mid: "7", place: "v0"), Packet(ssrc: 6, payloadType: 111, mid: "7", place: "a0")]
        ),
        Row(
            testDescription: "announced SSRCs alone",
            layers: announced,
            packets: [
                Packet(ssrc: 20, place: "v1"), Packet(ssrc: 10, place: "v0"), Packet(ssrc: 30),
                Packet(ssrc: 40, payloadType: 111, place: "a0"),
            ]
        ),
        Row(
            testDescription: "the payload type alone: only where one layer can be meant",
            packets: [Packet(ssrc: 5, payloadType: 111, place: "a0"), Packet(ssrc: 6)]
        ),
        Row(
            testDescription: "retransmissions by repaired RID, then by their SSRC",
            packets: [
                Packet(ssrc: 5, rid: "q", place: "v0"), Packet(ssrc: 6, rid: "h", place: "v1"),
                Packet(ssrc: 50, payloadType: 97, repaired: "f"),
                Packet(ssrc: 50, payloadType: 97, mid: "1", repaired: "h", place: "v1"),
                Packet(ssrc: 50, payloadType: 97, place: "v1"), Packet(ssrc: 60, payloadType: 97),
            ]
        ),
        Row(
            testDescription: "a repaired RID that contradicts an announced SSRC, and what was learned",
            layers: [RTPEncoding(rid: "q", retransmissionSSRC: 50), RTPEncoding(rid: "h", retransmissionSSRC: 60)],
            packets: [
                Packet(ssrc: 5, rid: "q", place: "v0"), Packet(ssrc: 6, rid: "h", place: "v1"),
                Packet(ssrc: 50, payloadType: 97, place: "v0"),
                Packet(ssrc: 50, payloadType: 97, repaired: "h", place: "v1"),
                Packet(ssrc: 60, payloadType: 97, repaired: "q", place: "v0"),
            ]
        ),
        Row(
            testDescription: "retransmissions of an announced SSRC, of the only layer, of another m-section",
            layers: announced,
            packets: [
                Packet(ssrc: 10, place: "v0"), Packet(ssrc: 20, place: "v1"),
                Packet(ssrc: 11, payloadType: 97, mid: "1", place: "v0"), Packet(ssrc: 12, payloadType: 97, mid: "0"),
            ]
        ),
        Row(
            testDescription: "a layer's new SSRC ends what was known of its retransmissions",
            packets: [
                Packet(ssrc: 5, rid: "q", place: "v0"), Packet(ssrc: 50, payloadType: 97, repaired: "q", place: "v0"),
                Packet(ssrc: 6, rid: "q", place: "v0"), Packet(ssrc: 50, payloadType: 97),
                Packet(ssrc: 50, payloadType: 97, repaired: "q", place: "v0"),
            ]
        ),
    ]

    @Test("any number of SSRCs, moving from layer to layer, takes no more room than streams have")
    func room() throws {
        var tracks = try Self.tracks(Row(testDescription: "", packets: []))
        var numbers = SplitMix64(seed: 3)
        for step in 0..<20_000 {
            let packet = Packet(
                ssrc: UInt32.random(in: 0..<500, using: &numbers),
                payloadType: [96, 96, 97, 111].randomElement(using: &numbers) ?? 96,
                mid: ["0", "1", "2", nil].randomElement(using: &numbers) ?? nil,
                rid: ["q", "h", "f", "x", nil].randomElement(using: &numbers) ?? nil,
                repaired: [nil, nil, "q", "x"].randomElement(using: &numbers) ?? nil,
                at: step * 10
            )
            _ = try Self.place(of: packet, in: &tracks)
        }
        #expect(tracks.streams.count <= 8)
        #expect(tracks.streams.compactMap { $0 }.count <= 4)
    }
}
