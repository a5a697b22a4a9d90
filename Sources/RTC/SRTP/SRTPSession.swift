// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTCCrypto

/// SRTP and SRTCP in both directions with one set of keys (RFC 3711, RFC 7714).
///
/// Each SSRC is a stream of its own with rollover counter and replay window. Streams appear with their first valid
/// packet, at most ``maximumStreams`` of each kind and direction. A packet costs no allocation.
package struct SRTPSession: ~Copyable {
    /// The most SSRCs of each kind (RTP, RTCP) and direction.
    package static var maximumStreams: Int { SRTPStreamTable.capacity }

    /// How packets are protected.
    package let profile: SRTPProfile

    private let rtpIn: SRTPPacketCipher
    private let rtpOut: SRTPPacketCipher
    private var rtpStreamsIn = SRTPStreamTable()
    private var rtpStreamsOut = SRTPStreamTable()

    let rtcpIn: SRTPPacketCipher
    let rtcpOut: SRTPPacketCipher
    var rtcpStreamsIn = SRTPStreamTable()
    var rtcpStreamsOut = SRTPStreamTable()

    /// Derives the session keys of both directions.
    package init(_ material: SRTPKeyingMaterial) throws(CryptoError) {
        let profile = material.profile
        let local = try SRTPKeyDerivation(material.local, profile: profile)
        let remote = try SRTPKeyDerivation(material.remote, profile: profile)
        // All that can throw comes before the first assignment: half a value that can't be copied can't be undone.
        let rtpIn = try SRTPPacketCipher(profile: profile, keys: remote.rtpKeys(), direction: .unprotect)
        let rtcpIn = try SRTPPacketCipher(profile: profile, keys: remote.rtcpKeys(), direction: .unprotect)
        let rtpOut = try SRTPPacketCipher(profile: profile, keys: local.rtpKeys(), direction: .protect)
        let rtcpOut = try SRTPPacketCipher(profile: profile, keys: local.rtcpKeys(), direction: .protect)
        self.profile = profile
        self.rtpIn = rtpIn
        self.rtcpIn = rtcpIn
        self.rtpOut = rtpOut
        self.rtcpOut = rtcpOut
    }

    /// The number of bytes that ``protectRTP(payload:into:start:)`` adds to header and payload.
    package var rtpOverhead: Int { rtpOut.tagLength }

    /// Takes the protection off an RTP packet in place; returns the plain packet's length.
    ///
    /// - Parameters:
    ///   - packet: The whole datagram. After an error its bytes are as they were, except after `replayed`.
    ///   - headerLength: The length of the RTP header with CSRCs and extension.
    /// - Returns: The number of bytes of header and decrypted payload (with its padding).
    /// - Throws: Why the packet is to be dropped; `replayed` only where it is the sender's, so that its header can be
    ///   believed.
    package mutating func unprotectRTP(
        _ packet: inout MutableRawSpan,
        headerLength: Int
    ) throws(SRTPError) -> Int {
        guard headerLength >= 12, packet.byteCount - rtpIn.tagLength >= headerLength else { throw .malformed }
        let sequenceNumber = packet.bytes.uint16(at: 2)
        let ssrc = packet.bytes.uint32(at: 8)
        guard let place = rtpStreamsIn.place(of: ssrc) else {
            return try unprotectFirst(&packet, headerLength: headerLength, ssrc: ssrc, sequenceNumber: sequenceNumber)
        }
        let (index, expectation) = try rtpStreamsIn[place].expectedIndex(of: sequenceNumber)
        guard
            let length = rtpIn.unprotectRTP(&packet, headerLength: headerLength, ssrc: ssrc, index: index)
        else { throw expectation == .jump ? .tooOld : .authenticationFailed }
        guard expectation != .replay else { throw .replayed }
        rtpStreamsIn[place].pass(index)
        return length
    }

    /// Unprotects the first packet of a stream.
    ///
    /// Its rollover counter is 0, unless everything before the first wrap was lost or overtaken: a sender may have
    /// begun shortly before it (RFC 3711 §3.3.1 leaves this to luck).
    private mutating func unprotectFirst(
        _ packet: inout MutableRawSpan,
        headerLength: Int,
        ssrc: UInt32,
        sequenceNumber: UInt16
    ) throws(SRTPError) -> Int {
        guard !rtpStreamsIn.isFull else { throw .tooManyStreams }
        var index = UInt64(sequenceNumber)
        var length = rtpIn.unprotectRTP(&packet, headerLength: headerLength, ssrc: ssrc, index: index)
        if length == nil, sequenceNumber < 1 << 15 {
            index += 1 << 16
            length = rtpIn.unprotectRTP(&packet, headerLength: headerLength, ssrc: ssrc, index: index)
        }
        guard let length else { throw .authenticationFailed }
        rtpStreamsIn.add(ssrc, first: index)
        return length
    }

    /// Protects an RTP packet: its header is what `packet` holds from `start` on, its payload lies elsewhere and is
    /// encrypted behind the header; the tag follows.
    ///
    /// Sequence numbers of an SSRC may come late by up to 960, but never twice: the same keystream must not encrypt
    /// two packets. After an error `packet` holds what it held before.
    package mutating func protectRTP(
        payload: RawSpan,
        into packet: inout OutputRawSpan,
        start: Int = 0
    ) throws(SRTPError) {
        guard start >= 0, packet.byteCount - start >= 12 else { throw .malformed }
        guard payload.byteCount + rtpOut.tagLength <= packet.freeCapacity else { throw .noRoom }
        let sequenceNumber = packet.bytes.uint16(at: start + 2)
        let ssrc = packet.bytes.uint32(at: start + 8)
        let place = rtpStreamsOut.place(of: ssrc)
        if place == nil, rtpStreamsOut.isFull { throw .tooManyStreams }
        let index =
            try place.map { place throws(SRTPError) in
                try rtpStreamsOut[place].newIndex(for: sequenceNumber)
            } ?? UInt64(sequenceNumber)
        guard rtpOut.protectRTP(payload: payload, into: &packet, start: start, ssrc: ssrc, index: index) else {
            throw .cipherFailed
        }
        if let place { rtpStreamsOut[place].pass(index) } else { rtpStreamsOut.add(ssrc, first: index) }
    }
}

extension ReplayWindow {
    /// What a packet that arrived would be, if it is the sender's.
    fileprivate enum Expectation {
        case new
        /// One that came before.
        case replay
        /// One that is ahead by more than half the range of sequence numbers, after a long loss.
        case jump
    }

    /// The index of an RTP packet that arrived, and what it would be.
    ///
    /// A jump looks like a packet that is too old; only the tag can tell which it is.
    fileprivate func expectedIndex(
        of sequenceNumber: UInt16
    ) throws(SRTPError) -> (index: UInt64, expectation: Expectation) {
        let nearest = SRTPPacketIndex.nearest(to: highest, sequenceNumber: sequenceNumber)
        if nearest >= 0 {
            let index = UInt64(nearest)
            guard index < SRTPPacketIndex.limit else { throw .exhausted }
            switch verdict(on: index) {
            case .new: return (index, .new)
            case .seen: return (index, .replay)
            case .tooOld: break
            }
        }
        let ahead = UInt64(nearest + 1 << 16)
        guard ahead < SRTPPacketIndex.limit else { throw .exhausted }
        return (ahead, .jump)
    }

    /// The index for an RTP packet to send.
    fileprivate func newIndex(for sequenceNumber: UInt16) throws(SRTPError) -> UInt64 {
        let nearest = SRTPPacketIndex.nearest(to: highest, sequenceNumber: sequenceNumber)
        guard nearest >= 0 else { throw .tooOld }
        let index = UInt64(nearest)
        guard index < SRTPPacketIndex.limit else { throw .exhausted }
        switch verdict(on: index) {
        case .new: return index
        case .seen: throw .replayed
        case .tooOld: throw .tooOld
        }
    }
}
