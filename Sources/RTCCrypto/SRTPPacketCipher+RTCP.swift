// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// SRTCP: RFC 3711 §3.4, RFC 7714 §9.
///
/// A protected packet ends in index word and tag under AES-CM, in tag and index word under AES-GCM.
extension SRTPPacketCipher {
    /// What stays readable: the first RTCP header and the sender's SSRC.
    package static var rtcpHeaderLength: Int { 8 }

    /// The number of bytes that protection adds to a compound packet.
    package var rtcpOverhead: Int { 4 + tagLength }

    /// The E bit of the index word: the packet is encrypted.
    private static var encryptedBit: UInt32 { 1 << 31 }

    /// Reads the index of a protected compound packet and whether it is encrypted; `nil` when it is too short.
    package func rtcpIndex(of packet: RawSpan) -> (index: UInt32, isEncrypted: Bool)? {
        guard packet.byteCount >= Self.rtcpHeaderLength + rtcpOverhead else { return nil }
        let offset = packet.byteCount - (isGalois ? 4 : rtcpOverhead)
        let word = unsafe UInt32(
            bigEndian: packet.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self)
        )
        return (word & ~Self.encryptedBit, word & Self.encryptedBit != 0)
    }

    /// Protects the compound packet that `packet` holds from `start` on, in place, and appends index word and tag.
    ///
    /// Traps when there is no header or no room. When OpenSSL fails it says `false`, and the packet must not be sent.
    package func protectRTCP(_ packet: inout OutputRawSpan, start: Int, ssrc: UInt32, index: UInt32) -> Bool {
        let length = packet.byteCount - start
        precondition(start >= 0 && length >= Self.rtcpHeaderLength, "the compound packet is not there")
        precondition(rtcpOverhead <= packet.freeCapacity, "no room for the tag and the index")
        let iv = iv(ssrc: ssrc, index: UInt64(index))
        let word = index | Self.encryptedBit
        return unsafe packet.withUnsafeMutableBytes { buffer, count in
            guard let base = buffer.baseAddress else { return false }
            let (header, end) = unsafe (base + start, base + count)
            let text = unsafe header + Self.rtcpHeaderLength
            let plaintext = unsafe UnsafeRawBufferPointer(start: text, count: end - text)
            switch transform {
            case .galois(let gcm):
                let readable = unsafe UnsafeRawBufferPointer(start: header, count: Self.rtcpHeaderLength)
                guard
                    unsafe gcm.begin(iv: iv) && gcm.authenticate(readable) && gcm.authenticate(word)
                        && gcm.transform(plaintext, to: text) && gcm.writeTag(to: end)
                else { return false }
                unsafe (end + tagLength).storeBytes(of: word.bigEndian, as: UInt32.self)
            case .counterMode(let mode):
                guard unsafe mode.cipher.apply(iv: iv, from: plaintext, to: text) else { return false }
                unsafe end.storeBytes(of: word.bigEndian, as: UInt32.self)
                var code = mode.hmac.begin()
                unsafe code.update(UnsafeRawBufferPointer(start: header, count: length + 4))
                unsafe code.finish().copy(to: end + 4, count: tagLength)
            }
            count += rtcpOverhead
            return true
        }
    }

    /// Takes the protection off an encrypted compound packet in place: its plain length, or `nil` when the tag is wrong.
    ///
    /// Traps when ``rtcpIndex(of:)`` would have said `nil`.
    package func unprotectRTCP(_ packet: inout MutableRawSpan, ssrc: UInt32, index: UInt32) -> Int? {
        let plainLength = packet.byteCount - rtcpOverhead
        precondition(plainLength >= Self.rtcpHeaderLength, "the packet is too short")
        let iv = iv(ssrc: ssrc, index: UInt64(index))
        let isDone = unsafe packet.withUnsafeMutableBytes { packet in
            guard let base = packet.baseAddress else { return false }
            let (text, end) = unsafe (base + Self.rtcpHeaderLength, base + plainLength)
            let ciphertext = unsafe UnsafeRawBufferPointer(start: text, count: end - text)
            switch transform {
            case .galois(let gcm):
                let readable = unsafe UnsafeRawBufferPointer(start: base, count: Self.rtcpHeaderLength)
                guard
                    unsafe gcm.begin(iv: iv) && gcm.authenticate(readable)
                        && gcm.authenticate(index | Self.encryptedBit)
                else { return false }
                return unsafe gcm.open(ciphertext, at: text, tag: end, iv: iv)
            case .counterMode(let mode):
                var code = mode.hmac.begin()
                unsafe code.update(UnsafeRawBufferPointer(start: base, count: plainLength + 4))
                guard unsafe code.finish().begins(with: end + 4, count: tagLength) else { return false }
                return unsafe mode.cipher.apply(iv: iv, from: ciphertext, to: text)
            }
        }
        return isDone ? plainLength : nil
    }

    private var isGalois: Bool {
        switch transform {
        case .galois: true
        case .counterMode: false
        }
    }
}
