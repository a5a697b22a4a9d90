// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension STUNWriter {
    /// Writes REQUESTED-TRANSPORT for UDP, the only one that there is (RFC 8656 §18.7).
    ///
    /// - Parameter output: where the message is.
    package func writeRequestedTransport(to output: inout OutputRawSpan) {
        let udp: UInt32 = 17
        begin(.requestedTransport, size: 4, to: &output)
        output.appendUInt32(udp << 24)
        end(size: 4, to: &output)
    }

    /// Writes LIFETIME.
    ///
    /// - Parameters:
    ///   - seconds: how long an allocation lives; 0 ends it.
    ///   - output: where the message is.
    package func writeLifetime(_ seconds: UInt32, to output: inout OutputRawSpan) {
        begin(.lifetime, size: 4, to: &output)
        output.appendUInt32(seconds)
        end(size: 4, to: &output)
    }

    /// Writes CHANNEL-NUMBER.
    ///
    /// - Parameters:
    ///   - number: 0x4000 to 0x4fff.
    ///   - output: where the message is.
    package func writeChannelNumber(_ number: UInt16, to output: inout OutputRawSpan) {
        begin(.channelNumber, size: 4, to: &output)
        output.appendUInt32(UInt32(number) << 16)
        end(size: 4, to: &output)
    }

    /// Writes XOR-PEER-ADDRESS.
    ///
    /// - Parameters:
    ///   - address: whom a datagram is for, or from.
    ///   - output: where the message is.
    package func writePeerAddress(_ address: TransportAddress, to output: inout OutputRawSpan) {
        writeAddress(.xorPeerAddress, address, to: &output)
    }

    /// Writes XOR-RELAYED-ADDRESS.
    ///
    /// - Parameters:
    ///   - address: where the server takes datagrams for its client.
    ///   - output: where the message is.
    package func writeRelayedAddress(_ address: TransportAddress, to output: inout OutputRawSpan) {
        writeAddress(.xorRelayedAddress, address, to: &output)
    }

    /// Writes DATA.
    ///
    /// - Parameters:
    ///   - bytes: a datagram.
    ///   - output: where the message is.
    package func writeData(_ bytes: RawSpan, to output: inout OutputRawSpan) {
        begin(.data, size: bytes.byteCount, to: &output)
        output.append(contentsOf: bytes)
        end(size: bytes.byteCount, to: &output)
    }

    /// Writes USERNAME, REALM or NONCE as they are.
    func writeText(_ type: STUNAttributeType, _ bytes: [UInt8], to output: inout OutputRawSpan) {
        begin(type, size: bytes.count, to: &output)
        unsafe output.append(contentsOf: bytes.span.bytes)
        end(size: bytes.count, to: &output)
    }

    /// Writes REALM.
    ///
    /// - Parameters:
    ///   - realm: what the server's users are known in.
    ///   - output: where the message is.
    package func writeRealm(_ realm: String, to output: inout OutputRawSpan) {
        writeText(.realm, Array(realm.utf8), to: &output)
    }

    /// Writes NONCE.
    ///
    /// - Parameters:
    ///   - nonce: what requests have to carry for a while.
    ///   - output: where the message is.
    package func writeNonce(_ nonce: String, to output: inout OutputRawSpan) {
        writeText(.nonce, Array(nonce.utf8), to: &output)
    }
}
