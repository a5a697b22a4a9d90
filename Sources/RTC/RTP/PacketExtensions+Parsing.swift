// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension PacketExtensions {
    /// Reads the header extensions of a packet, in either form of RFC 8285.
    ///
    /// What is unknown, of a wrong length or cut off is passed over: no header extension makes a packet bad.
    ///
    /// - Parameters:
    ///   - packet: the packet from its first byte.
    ///   - header: the header that was read from it.
    ///   - map: the ids in force on the packet's track.
    package init(reading packet: RawSpan, header: RTPHeader, map: HeaderExtensionMap) {
        self.init()
        guard header.hasExtension, header.extensionRange.upperBound <= packet.byteCount else { return }
        if header.extensionProfile == HeaderExtensionForm.oneByteProfile {
            readOneByteForm(packet, header.extensionRange, map)
        } else if header.extensionProfile & 0xFFF0 == HeaderExtensionForm.twoByteProfile {
            readTwoByteForm(packet, header.extensionRange, map)
        }
    }

    /// RFC 8285 §4.2: a byte of id and length − 1; id 15 ends the extension, as does id 0 with a length.
    private mutating func readOneByteForm(_ packet: RawSpan, _ range: Range<Int>, _ map: HeaderExtensionMap) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let head = packet.byte(at: offset)
            offset += 1
            if head == 0 { continue }
            let id = head >> 4
            guard id != 0, id != 15 else { return }
            let length = Int(head & 0x0F) + 1
            guard length <= range.upperBound - offset else { return }
            if let kind = map.kind(of: id) { set(kind, from: packet, offset..<(offset + length)) }
            offset += length
        }
    }

    /// RFC 8285 §4.3: a byte of id, a byte of length, which may be 0.
    private mutating func readTwoByteForm(_ packet: RawSpan, _ range: Range<Int>, _ map: HeaderExtensionMap) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let id = packet.byte(at: offset)
            offset += 1
            if id == 0 { continue }
            guard offset < range.upperBound else { return }
            let length = Int(packet.byte(at: offset))
            offset += 1
            guard length <= range.upperBound - offset else { return }
            if let kind = map.kind(of: id) { set(kind, from: packet, offset..<(offset + length)) }
            offset += length
        }
    }

    /// Takes one element; one that is too short is left out.
    private mutating func set(_ kind: HeaderExtension, from packet: RawSpan, _ range: Range<Int>) {
        let start = range.lowerBound
        let length = range.count
        switch kind {
        case .mid: mid = ShortIdentifier(packet, range)
        case .rtpStreamID: rtpStreamID = ShortIdentifier(packet, range)
        case .repairedRTPStreamID: repairedRTPStreamID = ShortIdentifier(packet, range)
        case .absSendTime where length >= 3: absSendTime = packet.uint24(at: start)
        case .transportSequenceNumber where length >= 2: transportSequenceNumber = packet.uint16(at: start)
        case .audioLevel where length >= 1: forwarded.audioLevel = packet.byte(at: start)
        case .videoOrientation where length >= 1: forwarded.videoOrientation = packet.byte(at: start)
        case .playoutDelay where length >= 3: forwarded.playoutDelay = packet.uint24(at: start)
        case .absCaptureTime where length >= 8:
            forwarded.absCaptureTimestamp = packet.uint64(at: start)
            forwarded.absCaptureClockOffset =
                length >= 16 ? Int64(bitPattern: packet.uint64(at: start + 8)) : nil
        case .absSendTime, .transportSequenceNumber, .audioLevel, .videoOrientation, .playoutDelay, .absCaptureTime:
            break
        }
    }
}

/// The two forms of header extensions (RFC 8285 §4).
enum HeaderExtensionForm {
    /// The profile of the form with one-byte element headers.
    static let oneByteProfile: UInt16 = 0xBEDE
    /// The profile of the form with two-byte element headers; the lower four bits are the application's.
    static let twoByteProfile: UInt16 = 0x1000
}
