// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

/// SRTCP: the index travels in the packet, so nothing has to be guessed (RFC 3711 §3.4).
extension SRTPSession {
    /// The number of bytes that ``protectRTCP(_:start:)`` adds.
    package var rtcpOverhead: Int { rtcpOut.rtcpOverhead }

    /// Takes the protection off a compound RTCP packet in place; returns the plain packet's length.
    ///
    /// After an error its bytes are as they were.
    package mutating func unprotectRTCP(_ packet: inout MutableRawSpan) throws(SRTPError) -> Int {
        guard let (index, isEncrypted) = rtcpIn.rtcpIndex(of: packet.bytes) else { throw .malformed }
        guard isEncrypted else { throw .notEncrypted }
        let ssrc = packet.bytes.uint32(at: 4)
        let place = rtcpStreamsIn.place(of: ssrc)
        if let place {
            switch rtcpStreamsIn[place].verdict(on: UInt64(index)) {
            case .new: break
            case .seen: throw .replayed
            case .tooOld: throw .tooOld
            }
        } else if rtcpStreamsIn.isFull {
            throw .tooManyStreams
        }
        guard let length = rtcpIn.unprotectRTCP(&packet, ssrc: ssrc, index: index) else { throw .authenticationFailed }
        if let place {
            rtcpStreamsIn[place].pass(UInt64(index))
        } else {
            rtcpStreamsIn.add(ssrc, first: UInt64(index))
        }
        return length
    }

    /// Protects the compound RTCP packet that `packet` holds from `start` on, in place, and appends index and tag.
    ///
    /// After ``SRTPError/cipherFailed`` the buffer's content is of no use.
    package mutating func protectRTCP(_ packet: inout OutputRawSpan, start: Int = 0) throws(SRTPError) {
        guard start >= 0, packet.byteCount - start >= 8 else { throw .malformed }
        guard rtcpOverhead <= packet.freeCapacity else { throw .noRoom }
        let ssrc = packet.bytes.uint32(at: start + 4)
        let place = rtcpStreamsOut.place(of: ssrc)
        if place == nil, rtcpStreamsOut.isFull { throw .tooManyStreams }
        let index = place.map { rtcpStreamsOut[$0].highest + 1 } ?? 1
        guard index < 1 << 31 else { throw .exhausted }
        guard rtcpOut.protectRTCP(&packet, start: start, ssrc: ssrc, index: UInt32(index)) else { throw .cipherFailed }
        if let place { rtcpStreamsOut[place].pass(index) } else { rtcpStreamsOut.add(ssrc, first: index) }
    }
}
