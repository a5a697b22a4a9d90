// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("RTP header extensions")
struct PacketExtensionsTests {
    /// Reads a header extension, given from its profile on.
    private func read(_ bytes: [UInt8], _ ids: [HeaderExtension: UInt8]) throws -> PacketExtensions {
        let packet = [0x90] + [UInt8](repeating: 0, count: 11) + bytes + [0xAA, 0xBB]
        let header = try RTPHeader(parsing: packet.span.bytes)
        return PacketExtensions(reading: packet.span.bytes, header: header, map: HeaderExtensionMap(ids))
    }

    @Test("the example of the one-byte form: RFC 8285 §4.2")
    func oneByteExample() throws {
        let extensions = try read(
            [0xBE, 0xDE, 0, 3, 0x10, 0x81, 0x21, 0x61, 0x62, 0, 0, 0x33, 0x01, 0x02, 0x03, 0x04],
            [.audioLevel: 1, .mid: 2, .absSendTime: 3]
        )
        #expect(extensions.forwarded.audioLevel == 0x81)
        #expect(extensions.mid == ShortIdentifier("ab"))
        #expect(extensions.absSendTime == 0x010203)
    }

    @Test("the example of the two-byte form: RFC 8285 §4.3", arguments: [0x00, 0x0F] as [UInt8])
    func twoByteExample(applicationBits: UInt8) throws {
        let extensions = try read(
            [0x10, applicationBits, 0, 3, 0x01, 0x00, 0x02, 0x01, 0x7F, 0x00, 0x30, 0x04, 0x61, 0x62, 0x63, 0x64],
            [.audioLevel: 1, .videoOrientation: 2, .rtpStreamID: 0x30]
        )
        #expect(extensions.forwarded.audioLevel == nil)
        #expect(extensions.forwarded.videoOrientation == 0x7F)
        #expect(extensions.rtpStreamID == ShortIdentifier("abcd"))
    }

    @Test(
        "what follows a stop is not read, what stands before it is",
        arguments: [
            // id 15 with any length
            [0xBE, 0xDE, 0, 2, 0x10, 0x05, 0xF0, 0x20, 0x06, 0, 0, 0],
            // id 0 with a length
            [0xBE, 0xDE, 0, 2, 0x10, 0x05, 0x01, 0x20, 0x06, 0, 0, 0],
            // an element that reaches past the end
            [0xBE, 0xDE, 0, 2, 0x10, 0x05, 0x3F, 0x20, 0x06, 0, 0, 0],
            // the same in the two-byte form
            [0x10, 0x00, 0, 2, 0x01, 0x01, 0x05, 0x03, 0x10, 0x02, 0x01, 0x06],
            // an id without a length at the very end
            [0x10, 0x00, 0, 1, 0x01, 0x01, 0x05, 0x02],
        ] as [[UInt8]]
    )
    func stops(bytes: [UInt8]) throws {
        let extensions = try read(bytes, [.audioLevel: 1, .videoOrientation: 2, .mid: 3])
        #expect(extensions.forwarded.audioLevel == 5)
        #expect(extensions.forwarded.videoOrientation == nil)
        #expect(extensions.mid == nil)
    }

    @Test("another profile is passed over")
    func otherProfile() throws {
        let extensions = try read([0xAB, 0xCD, 0, 1, 0x10, 0x05, 0, 0], [.audioLevel: 1])
        #expect(extensions.forwarded.audioLevel == nil)
    }

    @Test("elements that are too short or too long to mean anything are left out")
    func wrongLengths() throws {
        let extensions = try read(
            [0x10, 0x00, 0, 7, 1, 2, 0, 0, 2, 1, 0, 3, 17] + [UInt8](repeating: 0x61, count: 17),
            [.absSendTime: 1, .transportSequenceNumber: 2, .mid: 3]
        )
        #expect(extensions.absSendTime == nil)
        #expect(extensions.transportSequenceNumber == nil)
        #expect(extensions.mid == nil)
    }

    @Test("every extension is told by its URI, and only those are copied that go from end to end")
    func kinds() {
        for kind in HeaderExtension.allCases { #expect(HeaderExtension(uri: kind.uri) == kind) }
        #expect(HeaderExtension(uri: "urn:unknown") == nil)
        let endToEnd = HeaderExtension.allCases.filter(\.isEndToEnd)
        #expect(endToEnd == [.audioLevel, .videoOrientation, .absCaptureTime, .playoutDelay])
    }

    @Test("a map finds ids and kinds both ways, also after a change", arguments: [1, 14, 15, 16, 255] as [UInt8])
    func map(id: UInt8) {
        var map = HeaderExtensionMap([.mid: 3, .playoutDelay: id])
        #expect(map[.playoutDelay] == id)
        #expect(map.kind(of: id) == .playoutDelay)
        #expect(map.kind(of: 3) == .mid)
        #expect(map.kind(of: 0) == nil)
        map[.playoutDelay] = nil
        #expect(map.kind(of: id) == nil)
        #expect(map == HeaderExtensionMap([.mid: 3]))
    }

    @Test("identifiers hold up to 16 bytes", arguments: ["a", "12345678", "123456789", "0123456789abcdef"])
    func identifiers(text: String) throws {
        let identifier = try #require(ShortIdentifier(text))
        #expect(identifier.count == text.utf8.count)
        #expect("\(identifier)" == text)
        #expect(ShortIdentifier("") == nil)
        #expect(ShortIdentifier(text + "0123456789abcdef") == nil)
    }

    @Test(
        "an identifier is read the same whatever follows it, and written as it was read",
        arguments: ["a", "12345678", "123456789", "0123456789abcdef"],
        [0, 1, 6, 7, 8, 15, 16]
    )
    func identifiersInPackets(text: String, following: Int) throws {
        let bytes = [0xFF] + Array(text.utf8) + Array(repeating: 0xFF, count: following)
        let read = ShortIdentifier(bytes.span.bytes, 1..<(1 + text.utf8.count))
        let identifier = try #require(read)
        #expect(identifier == ShortIdentifier(text))
        let written = bytesWritten(capacity: ShortIdentifier.capacity) { identifier.append(to: &$0) }
        #expect(written == Array(text.utf8))
    }
}
