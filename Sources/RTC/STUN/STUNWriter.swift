// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

/// Writes one STUN message into a span, attribute by attribute.
///
/// The span has room for `STUNMessage.maximumWrittenSize`. The length in the header is brought up to date by each
/// attribute, so that the message is whole at any moment.
package struct STUNWriter {
    private let start: Int
    private let transaction: STUNTransactionID

    /// Writes the header.
    ///
    /// - Parameters:
    ///   - messageClass: request, indication, success or error.
    ///   - method: what is asked for; one below 0x010.
    ///   - transaction: the id that ties request and response together.
    ///   - output: where the message goes, behind what is there.
    package init(
        _ messageClass: STUNMessageClass,
        method: UInt16 = STUNMessage.binding,
        transaction: STUNTransactionID,
        into output: inout OutputRawSpan
    ) {
        precondition(method < 0x010, "the bits of longer methods are spread")
        start = output.byteCount
        self.transaction = transaction
        output.appendUInt16(messageClass.rawValue | method)
        output.appendUInt16(0)
        output.appendUInt32(STUNMessage.magicCookie)
        output.appendUInt32(transaction.high)
        output.appendUInt64(transaction.low)
    }

    /// Writes USERNAME as a check carries it: the fragment of the side it goes to comes first (RFC 8445 §7.2.2).
    ///
    /// - Parameters:
    ///   - remote: the fragment of the side the message goes to.
    ///   - local: the fragment of the side that sends.
    ///   - output: where the message is.
    package func writeUsername(remote: String, local: String, to output: inout OutputRawSpan) {
        let size = remote.utf8.count + 1 + local.utf8.count
        begin(.username, size: size, to: &output)
        unsafe output.append(contentsOf: remote.utf8Span.span.bytes)
        output.appendByte(UInt8(ascii: ":"))
        unsafe output.append(contentsOf: local.utf8Span.span.bytes)
        end(size: size, to: &output)
    }

    /// Writes PRIORITY.
    ///
    /// - Parameters:
    ///   - priority: of the candidate that the check would discover.
    ///   - output: where the message is.
    package func writePriority(_ priority: UInt32, to output: inout OutputRawSpan) {
        begin(.priority, size: 4, to: &output)
        output.appendUInt32(priority)
        end(size: 4, to: &output)
    }

    /// Writes USE-CANDIDATE.
    ///
    /// - Parameter output: where the message is.
    package func writeUseCandidate(to output: inout OutputRawSpan) {
        begin(.useCandidate, size: 0, to: &output)
        end(size: 0, to: &output)
    }

    /// Writes ICE-CONTROLLING or ICE-CONTROLLED.
    ///
    /// - Parameters:
    ///   - role: the role and its tie-breaker.
    ///   - output: where the message is.
    package func writeRole(_ role: STUNRole, to output: inout OutputRawSpan) {
        switch role {
        case .controlling(let tieBreaker):
            begin(.iceControlling, size: 8, to: &output)
            output.appendUInt64(tieBreaker)
        case .controlled(let tieBreaker):
            begin(.iceControlled, size: 8, to: &output)
            output.appendUInt64(tieBreaker)
        }
        end(size: 8, to: &output)
    }

    /// Writes XOR-MAPPED-ADDRESS.
    ///
    /// - Parameters:
    ///   - address: where the request came from.
    ///   - output: where the message is.
    package func writeXORMappedAddress(_ address: TransportAddress, to output: inout OutputRawSpan) {
        writeAddress(.xorMappedAddress, address, to: &output)
    }

    func writeAddress(_ type: STUNAttributeType, _ address: TransportAddress, to output: inout OutputRawSpan) {
        let size = address.ip.isIPv4 ? 8 : 20
        begin(type, size: size, to: &output)
        output.appendUInt16(address.ip.isIPv4 ? 1 : 2)
        output.appendUInt16(address.port ^ UInt16(truncatingIfNeeded: STUNMessage.magicCookie >> 16))
        if address.ip.isIPv4 {
            output.appendUInt32(address.ip.ipv4 ^ STUNMessage.magicCookie)
        } else {
            output.appendUInt64(
                address.ip.high ^ (UInt64(STUNMessage.magicCookie) << 32 | UInt64(transaction.high))
            )
            output.appendUInt64(address.ip.low ^ transaction.low)
        }
        end(size: size, to: &output)
    }

    /// Writes ERROR-CODE with its phrase.
    ///
    /// - Parameters:
    ///   - code: why the request is refused.
    ///   - output: where the message is.
    package func writeErrorCode(_ code: STUNErrorCode, to output: inout OutputRawSpan) {
        let size = 4 + code.reason.utf8CodeUnitCount
        begin(.errorCode, size: size, to: &output)
        output.appendUInt16(0)
        output.appendByte(UInt8(truncatingIfNeeded: code.rawValue / 100))
        output.appendByte(UInt8(truncatingIfNeeded: code.rawValue % 100))
        for byte in "\(code.reason)".utf8 { output.appendByte(byte) }
        end(size: size, to: &output)
    }

    /// Writes UNKNOWN-ATTRIBUTES, which a 420 names.
    ///
    /// - Parameters:
    ///   - types: the attribute types that are not understood.
    ///   - output: where the message is.
    package func writeUnknownAttributes(_ types: [UInt16], to output: inout OutputRawSpan) {
        begin(.unknownAttributes, size: types.count * 2, to: &output)
        for type in types { output.appendUInt16(type) }
        end(size: types.count * 2, to: &output)
    }

    /// Writes MESSAGE-INTEGRITY over everything before it (RFC 8489 §14.5).
    ///
    /// - Parameters:
    ///   - password: the key, as text.
    ///   - output: where the message is.
    package func writeIntegrity(password: String, to output: inout OutputRawSpan) {
        unsafe writeIntegrity(key: password.utf8Span.span.bytes, to: &output)
    }

    /// Writes MESSAGE-INTEGRITY over everything before it.
    ///
    /// - Parameters:
    ///   - key: of a long-term credential (RFC 8489 §9.2.2).
    ///   - output: where the message is.
    package func writeIntegrity(key: RawSpan, to output: inout OutputRawSpan) {
        setLength(output.byteCount - start + 4 + STUNMessage.integritySize, in: &output)
        let code = HMACSHA1(key: key).code(of: output.bytes.extracting(start..<output.byteCount))
        begin(.messageIntegrity, size: STUNMessage.integritySize, to: &output)
        for index in 0..<STUNMessage.integritySize { output.appendByte(code[index]) }
    }

    /// Writes FINGERPRINT, always the last attribute (RFC 8489 §14.7).
    ///
    /// - Parameter output: where the message is.
    package func writeFingerprint(to output: inout OutputRawSpan) {
        setLength(output.byteCount - start + 8, in: &output)
        let checksum = CRC32.checksum(of: output.bytes.extracting(start..<output.byteCount))
        begin(.fingerprint, size: 4, to: &output)
        output.appendUInt32(checksum ^ STUNMessage.fingerprintMask)
    }

    func begin(_ type: STUNAttributeType, size: Int, to output: inout OutputRawSpan) {
        output.appendUInt16(type.rawValue)
        output.appendUInt16(UInt16(truncatingIfNeeded: size))
    }

    func end(size: Int, to output: inout OutputRawSpan) {
        for _ in 0..<(-size & 3) { output.appendByte(0) }
        setLength(output.byteCount - start, in: &output)
    }

    private func setLength(_ messageSize: Int, in output: inout OutputRawSpan) {
        var bytes = output.mutableBytes
        bytes.setUInt16(UInt16(truncatingIfNeeded: messageSize - STUNMessage.headerSize), at: start + 2)
    }
}
