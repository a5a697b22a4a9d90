// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension STUNMessage {
    private static let maximumAttributes = 48
    private static let maximumUnknownAttributes = 8

    /// Reads a message that fills a datagram, and checks its fingerprint where it has one.
    ///
    /// - Parameter datagram: exactly one message.
    /// - Throws: what is wrong with the bytes.
    package init(parsing datagram: RawSpan) throws(STUNError) {
        guard Self.isSTUN(datagram) else { throw .notSTUN }
        let type = datagram.uint16(at: 0)
        let length = Int(datagram.uint16(at: 2))
        guard length % 4 == 0, length == datagram.byteCount - Self.headerSize,
            let messageClass = STUNMessageClass(rawValue: type & 0x110)
        else { throw .notSTUN }
        self.messageClass = messageClass
        method = type & 0x000f | (type & 0x00e0) >> 1 | (type & 0x3e00) >> 2
        transaction = STUNTransactionID(high: datagram.uint32(at: 8), low: datagram.uint64(at: 12))
        try readAttributes(datagram)
    }

    private mutating func readAttributes(_ datagram: RawSpan) throws(STUNError) {
        var offset = Self.headerSize
        var count = 0
        while offset < datagram.byteCount {
            guard !hasFingerprint, datagram.byteCount - offset >= 4 else { throw .malformedAttribute }
            guard count < Self.maximumAttributes else { throw .tooManyAttributes }
            count += 1
            let type = datagram.uint16(at: offset)
            let start = offset + 4
            let size = Int(datagram.uint16(at: offset + 2))
            guard size <= datagram.byteCount - start else { throw .malformedAttribute }
            try read(type, value: start..<start + size, from: datagram)
            // The message and the header are multiples of four, so the padding is inside the datagram.
            offset = start + (size + 3) & ~3
        }
    }

    private mutating func read(_ type: UInt16, value: Range<Int>, from datagram: RawSpan) throws(STUNError) {
        guard let known = STUNAttributeType(rawValue: type), !known.isTURN || method != Self.binding else {
            if STUNAttributeType.mustBeUnderstood(type), integrityOffset == nil,
                unknownAttributes.count < Self.maximumUnknownAttributes
            {
                unknownAttributes.append(type)
            }
            return
        }
        if known == .fingerprint { return try readFingerprint(value, from: datagram) }
        guard integrityOffset == nil else { return }
        switch known {
        case .messageIntegrity:
            guard value.count == Self.integritySize else { throw .malformedAttribute }
            integrityOffset = value.lowerBound - 4
        case .username:
            guard value.count <= 513 else { throw .malformedAttribute }
            username = username ?? value
        case .software: software = software ?? value
        case .xorMappedAddress: xorMappedAddress = try readAddress(value, from: datagram, exclusiveOr: true)
        case .mappedAddress: mappedAddress = try readAddress(value, from: datagram, exclusiveOr: false)
        case .errorCode: errorCode = try readErrorCode(value, from: datagram)
        case .fingerprint, .unknownAttributes: break
        case .priority, .useCandidate, .nomination, .iceControlled, .iceControlling:
            try readCheck(known, value: value, from: datagram)
        default:
            try readRelaying(known, value: value, from: datagram)
        }
    }

    private mutating func readRelaying(
        _ type: STUNAttributeType,
        value: Range<Int>,
        from datagram: RawSpan
    ) throws(STUNError) {
        switch type {
        case .realm, .nonce:
            // RFC 8489 §14.9, §14.10: fewer than 128 characters, 763 bytes.
            guard value.count <= 763 else { throw .malformedAttribute }
            if type == .realm { realm = realm ?? value } else { nonce = nonce ?? value }
        case .data:
            data = data ?? value
        case .xorRelayedAddress:
            relayedAddress = try readAddress(value, from: datagram, exclusiveOr: true)
        case .xorPeerAddress:
            peerAddress = try readAddress(value, from: datagram, exclusiveOr: true)
        default:
            guard value.count == 4 else { throw .malformedAttribute }
            if type == .lifetime { lifetime = lifetime ?? datagram.uint32(at: value.lowerBound) }
            if type == .channelNumber { channelNumber = channelNumber ?? datagram.uint16(at: value.lowerBound) }
        }
    }

    private mutating func readCheck(
        _ type: STUNAttributeType,
        value: Range<Int>,
        from datagram: RawSpan
    ) throws(STUNError) {
        let size =
            switch type {
            case .iceControlled, .iceControlling: 8
            case .useCandidate: 0
            default: 4
            }
        guard value.count == size else { throw .malformedAttribute }
        switch type {
        case .priority: priority = priority ?? datagram.uint32(at: value.lowerBound)
        case .nomination: nomination = nomination ?? datagram.uint32(at: value.lowerBound)
        case .iceControlled: role = role ?? .controlled(tieBreaker: datagram.uint64(at: value.lowerBound))
        case .iceControlling: role = role ?? .controlling(tieBreaker: datagram.uint64(at: value.lowerBound))
        default: usesCandidate = true
        }
    }

    private mutating func readFingerprint(_ value: Range<Int>, from datagram: RawSpan) throws(STUNError) {
        guard value.count == 4 else { throw .malformedAttribute }
        let expected = CRC32.checksum(of: datagram.extracting(0..<value.lowerBound - 4)) ^ Self.fingerprintMask
        guard datagram.uint32(at: value.lowerBound) == expected else { throw .fingerprintMismatch }
        hasFingerprint = true
    }

    /// Reads ERROR-CODE: 21 bits nothing, three bits hundreds, eight bits rest (RFC 8489 §14.8).
    private func readErrorCode(_ value: Range<Int>, from datagram: RawSpan) throws(STUNError) -> STUNErrorCode {
        guard value.count >= 4 else { throw .malformedAttribute }
        let hundreds = UInt16(datagram.byte(at: value.lowerBound + 2) & 7)
        let rest = UInt16(datagram.byte(at: value.lowerBound + 3))
        guard (3...6).contains(hundreds), rest < 100 else { throw .malformedAttribute }
        return STUNErrorCode(rawValue: hundreds * 100 + rest)
    }

    /// Reads MAPPED-ADDRESS or XOR-MAPPED-ADDRESS (RFC 8489 §14.1, §14.2).
    private func readAddress(
        _ value: Range<Int>,
        from datagram: RawSpan,
        exclusiveOr: Bool
    ) throws(STUNError) -> TransportAddress {
        guard value.count >= 8 else { throw .malformedAttribute }
        let start = value.lowerBound
        let cookie = exclusiveOr ? Self.magicCookie : 0
        let port = datagram.uint16(at: start + 2) ^ UInt16(truncatingIfNeeded: cookie >> 16)
        switch (datagram.byte(at: start + 1), value.count) {
        case (1, 8):
            return TransportAddress(IPAddress(ipv4: datagram.uint32(at: start + 4) ^ cookie), port: port)
        case (2, 20):
            let mask = exclusiveOr ? UInt64(cookie) << 32 | UInt64(transaction.high) : 0
            let high = datagram.uint64(at: start + 4) ^ mask
            let low = datagram.uint64(at: start + 12) ^ (exclusiveOr ? transaction.low : 0)
            return TransportAddress(IPAddress(high: high, low: low), port: port)
        default:
            throw .malformedAttribute
        }
    }
}
