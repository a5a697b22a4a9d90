// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The keys of one direction of SRTP or of SRTCP, derived from a master key (RFC 3711 §4.3).
package struct SRTPSessionKeys: Sendable {
    /// The key that encrypts, of the profile's ``SRTPProfile/keyLength``.
    package var encryption: [UInt8]

    /// The key that authenticates, of the profile's ``SRTPProfile/authenticationKeyLength``.
    package var authentication: [UInt8]

    /// The salt, of the profile's ``SRTPProfile/saltLength``.
    package var salt: [UInt8]

    /// Makes session keys.
    package init(encryption: [UInt8], authentication: [UInt8], salt: [UInt8]) {
        self.encryption = encryption
        self.authentication = authentication
        self.salt = salt
    }
}

/// Protects packets, or takes the protection off: one direction of SRTP or of SRTCP.
///
/// It knows where a packet's parts lie, and nothing of streams: which index a packet has and whether it has been seen
/// is the caller's matter. Keys are set once; a packet costs no allocation. Not `Sendable`: the OpenSSL contexts
/// inside change with each packet.
@safe
package struct SRTPPacketCipher: ~Copyable {
    enum Transform: ~Copyable {
        case counterMode(CounterMode)
        case galois(AESGCM)
    }

    /// AES-CM and the HMAC over what it made; a class, because a switch over the transforms copies what a case holds.
    final class CounterMode {
        let cipher: AESCounterMode
        let hmac: HMACSHA1

        init(cipher: consuming AESCounterMode, hmac: HMACSHA1) {
            self.cipher = cipher
            self.hmac = hmac
        }
    }

    /// Whether a cipher protects packets or takes their protection off.
    package enum Direction: Sendable {
        case protect
        case unprotect
    }

    let transform: Transform

    /// The number of bytes of an authentication tag.
    package let tagLength: Int

    private let salt: UInt128
    private let ivShift: UInt128

    /// Sets the keys; traps when a length is not the profile's.
    package init(
        profile: SRTPProfile,
        keys: SRTPSessionKeys,
        direction: Direction
    ) throws(CryptoError) {
        precondition(keys.encryption.count == profile.keyLength, "the session key has the wrong length")
        precondition(keys.salt.count == profile.saltLength, "the session salt has the wrong length")
        precondition(
            keys.authentication.count == profile.authenticationKeyLength,
            "the authentication key has the wrong length"
        )
        salt = keys.salt.reduce(0) { $0 << 8 | UInt128($1) }
        tagLength = profile.tagLength
        switch profile {
        case .aes128CMHMACSHA1_80:
            // RFC 3711 §4.1.1: the 14 bytes lead a 16-byte counter block.
            ivShift = 16
            let hmac = unsafe HMACSHA1(key: keys.authentication.span.bytes)
            transform = .counterMode(CounterMode(cipher: try AESCounterMode(key: keys.encryption), hmac: hmac))
        case .aeadAES128GCM, .aeadAES256GCM:
            // RFC 7714 §8.1: 12 bytes, which AESGCM takes from the top.
            ivShift = 32
            transform = .galois(try AESGCM(key: keys.encryption, direction: direction == .protect ? .seal : .open))
        }
    }

    /// The initialisation vector of a packet: RFC 3711 §4.1.1, RFC 7714 §8.1 and §9.1 differ only in where it ends.
    @inline(__always)
    func iv(ssrc: UInt32, index: UInt64) -> UInt128 {
        (salt ^ UInt128(ssrc) << 48 ^ UInt128(index)) << ivShift
    }
}

// MARK: SRTP

extension SRTPPacketCipher {
    /// Protects an RTP packet: the header is what `packet` holds from `start` on; the payload, which lies elsewhere,
    /// is encrypted behind it, and the tag follows.
    ///
    /// Traps when `packet` has no room for both. `false` when OpenSSL fails, and then `packet` is as it was.
    package func protectRTP(
        payload: RawSpan,
        into packet: inout OutputRawSpan,
        start: Int,
        ssrc: UInt32,
        index: UInt64
    ) -> Bool {
        precondition(start >= 0 && start <= packet.byteCount, "the header is not there")
        precondition(payload.byteCount + tagLength <= packet.freeCapacity, "no room for the payload and its tag")
        let iv = iv(ssrc: ssrc, index: index)
        return unsafe packet.withUnsafeMutableBytes { buffer, count in
            guard let base = buffer.baseAddress else { return false }
            let text = unsafe base + count
            let tag = unsafe text + payload.byteCount
            let header = unsafe UnsafeRawBufferPointer(start: base + start, count: count - start)
            let isDone = unsafe payload.withUnsafeBytes { payload in
                switch transform {
                case .galois(let gcm):
                    return unsafe gcm.begin(iv: iv) && gcm.authenticate(header) && gcm.transform(payload, to: text)
                        && gcm.writeTag(to: tag)
                case .counterMode(let mode):
                    guard unsafe mode.cipher.apply(iv: iv, from: payload, to: text) else { return false }
                    let protected = unsafe UnsafeRawBufferPointer(
                        start: header.baseAddress,
                        count: tag - (base + start)
                    )
                    unsafe mode.hmac.code(of: protected, rollover: index).copy(to: tag, count: tagLength)
                    return true
                }
            }
            if isDone { count += payload.byteCount + tagLength }
            return isDone
        }
    }

    /// Takes the protection off an RTP packet in place: the plain packet's length, or `nil` when the tag is wrong.
    ///
    /// A packet with a wrong tag is left as it was. Traps when the packet is shorter than header and tag.
    package func unprotectRTP(
        _ packet: inout MutableRawSpan,
        headerLength: Int,
        ssrc: UInt32,
        index: UInt64
    ) -> Int? {
        let plainLength = packet.byteCount - tagLength
        precondition(headerLength >= 0 && headerLength <= plainLength, "the packet is too short")
        let iv = iv(ssrc: ssrc, index: index)
        let isDone = unsafe packet.withUnsafeMutableBytes { packet in
            guard let base = packet.baseAddress else { return false }
            let (text, tag) = unsafe (base + headerLength, UnsafeRawPointer(base + plainLength))
            let ciphertext = unsafe UnsafeRawBufferPointer(start: text, count: plainLength - headerLength)
            switch transform {
            case .galois(let gcm):
                let header = unsafe UnsafeRawBufferPointer(start: base, count: headerLength)
                guard unsafe gcm.begin(iv: iv) && gcm.authenticate(header) else { return false }
                return unsafe gcm.open(ciphertext, at: text, tag: tag, iv: iv)
            case .counterMode(let mode):
                let protected = unsafe UnsafeRawBufferPointer(start: base, count: plainLength)
                guard unsafe mode.hmac.code(of: protected, rollover: index).begins(with: tag, count: tagLength) else {
                    return false
                }
                return unsafe mode.cipher.apply(iv: iv, from: ciphertext, to: text)
            }
        }
        return isDone ? plainLength : nil
    }
}

extension HMACSHA1 {
    /// The code of an RTP packet and the rollover counter in its index (RFC 3711 §4.2).
    @inline(__always)
    func code(of packet: UnsafeRawBufferPointer, rollover index: UInt64) -> Code {
        var computation = begin()
        unsafe computation.update(packet)
        computation.update(UInt32(truncatingIfNeeded: index >> 16))
        return computation.finish()
    }
}

extension HMACSHA1.Code {
    /// Writes the first bytes of the code.
    @inline(__always)
    func copy(to target: UnsafeMutableRawPointer, count prefix: Int) {
        unsafe span.withUnsafeBytes { code in
            if let base = code.baseAddress { unsafe target.copyMemory(from: base, byteCount: min(prefix, code.count)) }
        }
    }

    /// Compares the first bytes of the code in constant time.
    @inline(__always)
    func begins(with tag: UnsafeRawPointer, count prefix: Int) -> Bool {
        let tag = unsafe RawSpan(_unsafeStart: tag, byteCount: prefix)
        return unsafe isEqualInConstantTime(span.bytes.extracting(first: prefix), tag)
    }
}
