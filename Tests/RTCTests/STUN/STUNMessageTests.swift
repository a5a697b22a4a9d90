// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite struct STUNMessageTests {
    private let transaction = STUNTransactionID(high: 0x0102_0304, low: 0x0506_0708_090a_0b0c)

    @Test("A check is read as it was written")
    func writtenCheck() throws {
        let datagram = STUNBytes.written { output in
            let writer = STUNWriter(.request, transaction: transaction, into: &output)
            writer.writeUsername(remote: "remote", local: "me", to: &output)
            writer.writePriority(99, to: &output)
            writer.writeRole(.controlling(tieBreaker: .max), to: &output)
            writer.writeUseCandidate(to: &output)
            writer.writeIntegrity(password: "secret", to: &output)
            writer.writeFingerprint(to: &output)
        }
        let message = try STUNMessage(parsing: datagram.span.bytes)
        #expect(message.messageClass == .request)
        #expect(message.transaction == transaction)
        #expect(message.username.map { String(decoding: datagram[$0], as: UTF8.self) } == "remote:me")
        #expect(message.priority == 99)
        #expect(message.role == .controlling(tieBreaker: .max))
        #expect(message.usesCandidate)
        #expect(message.hasFingerprint)
        let isAuthentic = message.isAuthentic(password: "secret", in: datagram.span.bytes)
        #expect(isAuthentic)
    }

    @Test(
        "Each refusal is read as it was written",
        arguments: [STUNErrorCode.badRequest, .unauthenticated, .unknownAttribute, .roleConflict]
    )
    func writtenRefusal(code: STUNErrorCode) throws {
        let datagram = STUNBytes.written { output in
            let writer = STUNWriter(.error, transaction: transaction, into: &output)
            writer.writeErrorCode(code, to: &output)
            writer.writeUnknownAttributes([0x0003, 0x7fff, 0x0004], to: &output)
            writer.writeFingerprint(to: &output)
        }
        let message = try STUNMessage(parsing: datagram.span.bytes)
        #expect(message.messageClass == .error)
        #expect(message.errorCode == code)
    }

    @Test("A message is written behind what the span holds already")
    func behindOtherBytes() throws {
        let datagram = STUNBytes.written { output in
            output.appendUInt32(0xdead_beef)
            let writer = STUNWriter(.success, transaction: transaction, into: &output)
            writer.writeXORMappedAddress(TransportAddress(.loopbackIPv4, port: 5), to: &output)
            writer.writeIntegrity(password: "secret", to: &output)
            writer.writeFingerprint(to: &output)
        }
        let message = try STUNMessage(parsing: datagram.span.bytes.extracting(4..<datagram.count))
        #expect(message.xorMappedAddress == TransportAddress(.loopbackIPv4, port: 5))
    }

    @Test(
        "Messages that are none are refused",
        arguments: [
            ("", STUNError.notSTUN),
            ("0001", .notSTUN),
            ("00010000 2112a442 00000000 00000000 000000", .notSTUN),
            ("00010000 2112a443 00000000 00000000 00000000", .notSTUN),
            ("40010000 2112a442 00000000 00000000 00000000", .notSTUN),
            ("00010004 2112a442 00000000 00000000 00000000", .notSTUN),
            ("00010003 2112a442 00000000 00000000 00000000 000000", .notSTUN),
            ("00010000 2112a442 00000000 00000000 00000000 00000000", .notSTUN),
            ("00010004 2112a442 00000000 00000000 00000000 00240004", .malformedAttribute),
            ("00010008 2112a442 00000000 00000000 00000000 00240003 00000000", .malformedAttribute),
            ("00010004 2112a442 00000000 00000000 00000000 0008ffff", .malformedAttribute),
            ("00010008 2112a442 00000000 00000000 00000000 80280004 00000000", .fingerprintMismatch),
            ("0101000c 2112a442 00000000 00000000 00000000 00200008 00030000 00000000", .malformedAttribute),
            ("0101000c 2112a442 00000000 00000000 00000000 00200008 00020000 00000000", .malformedAttribute),
            ("01110008 2112a442 00000000 00000000 00000000 00090004 00000763", .malformedAttribute),
            ("01110008 2112a442 00000000 00000000 00000000 00090004 00000464", .malformedAttribute),
        ]
    )
    func refused(hex: String, reason: STUNError) {
        let datagram = STUNBytes.bytes(hex: hex)
        #expect(throws: reason) { try STUNMessage(parsing: datagram.span.bytes) }
    }

    @Test("Attributes that must be understood and aren't are listed, optional ones skipped")
    func unknownAttributes() throws {
        let datagram = STUNBytes.bytes(
            hex: "00010010 2112a442 00000000 00000000 00000000 00030004 00000000 c0570004 00000000"
        )
        let message = try STUNMessage(parsing: datagram.span.bytes)
        #expect(message.unknownAttributes == [0x0003])
    }

    @Test("More attributes than any check has are refused, and few unknown ones are remembered")
    func manyAttributes() throws {
        func message(attributes: Int) -> [UInt8] {
            let length = String(attributes * 4, radix: 16)
            let header = "0001" + String(repeating: "0", count: 4 - length.count) + length + "2112a442"
            return STUNBytes.bytes(hex: header + String(repeating: "0", count: 24))
                + (0..<attributes).flatMap { [0x70, UInt8($0), 0, 0] }
        }
        let bounded = message(attributes: 48)
        #expect(try STUNMessage(parsing: bounded.span.bytes).unknownAttributes.count == 8)
        let excessive = message(attributes: 49)
        #expect(throws: STUNError.tooManyAttributes) { try STUNMessage(parsing: excessive.span.bytes) }
    }

    @Test("What stands behind the integrity is not believed, and nothing stands behind the fingerprint")
    func attributesBehindIntegrity() throws {
        let late = STUNBytes.written { output in
            let writer = STUNWriter(.request, transaction: transaction, into: &output)
            writer.writeIntegrity(password: "secret", to: &output)
            writer.writeUseCandidate(to: &output)
            writer.writePriority(5, to: &output)
        }
        let message = try STUNMessage(parsing: late.span.bytes)
        #expect(!message.usesCandidate)
        #expect(message.priority == nil)
        let tooLate = STUNBytes.written { output in
            let writer = STUNWriter(.request, transaction: transaction, into: &output)
            writer.writeFingerprint(to: &output)
            writer.writeUseCandidate(to: &output)
        }
        #expect(throws: STUNError.self) { try STUNMessage(parsing: tooLate.span.bytes) }
    }

    @Test("The class and method bits are told apart", arguments: [(0x0011, 0x001), (0x0003, 0x003), (0x02ef, 0x0ff)])
    func methods(type: Int, method: UInt16) throws {
        let datagram = STUNBytes.bytes(
            hex: String(0x1_0000 | type, radix: 16).dropFirst() + "0000 2112a442" + zeros(12)
        )
        let message = try STUNMessage(parsing: datagram.span.bytes)
        #expect(message.method == method)
    }

    @Test("MAPPED-ADDRESS and NOMINATION are read")
    func mappedAddressAndNomination() throws {
        let datagram = STUNBytes.bytes(
            hex: "01010014 2112a442 \(zeros(12)) 00010008 00011f90 7f000001 c0010004 00000009"
        )
        let message = try STUNMessage(parsing: datagram.span.bytes)
        #expect(message.mappedAddress == TransportAddress(.loopbackIPv4, port: 8080))
        #expect(message.nomination == 9)
    }

    private func zeros(_ count: Int) -> String { String(repeating: "00", count: count) }
}
