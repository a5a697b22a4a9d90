// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC
package import RTCCrypto

/// What a plain SRTP path is made of: for each publisher the keys on both sides of the forwarder, and what becomes of
/// its streams' numbers.
package struct PlainPath: Sendable {
    /// One stream on both sides.
    struct Stream: Sendable {
        let kind: MediaKind
        let ssrcIn: UInt32
        let ssrcOut: UInt32
        let payloadTypeIn: UInt8
        let payloadTypeOut: UInt8
    }

    /// One publisher.
    struct Publisher: Sendable {
        let keyIn: SRTPKeyingMaterial.Master
        let keyOut: SRTPKeyingMaterial.Master
        let streams: [Stream]
    }

    /// One of those that get all packets.
    struct Consumer: Sendable {
        let key: SRTPKeyingMaterial.Master
        /// What is added to the outgoing SSRCs.
        let ssrcShift: UInt32
    }

    let profile: SRTPProfile
    let publishers: [Publisher]
    /// Who gets the packets, where that is not one sink.
    let consumers: [Consumer]

    private static let sequenceShift = 3_000
    private static let timestampShift = 123_456_789

    /// Makes keys and streams.
    ///
    /// - Parameters:
    ///   - publishers: how many publishers.
    ///   - profile: how packets are protected on both sides.
    ///   - isForwarded: whether a forwarder gives the packets other keys and numbers; else they arrive as they were sent.
    ///   - consumers: how many get each packet, with keys and SSRCs of their own; none for one sink.
    package init(publishers: Int, profile: SRTPProfile, isForwarded: Bool = true, consumers: Int = 0) {
        var generator = SystemRandomNumberGenerator()
        func master() -> SRTPKeyingMaterial.Master {
            SRTPKeyingMaterial.Master(
                key: (0..<profile.keyLength).map { _ in .random(in: 0...255, using: &generator) },
                salt: (0..<profile.saltLength).map { _ in .random(in: 0...255, using: &generator) }
            )
        }
        self.profile = profile
        self.consumers = (0..<consumers).map { Consumer(key: master(), ssrcShift: UInt32(1_000_000 * ($0 + 1))) }
        self.publishers = (0..<publishers).map { index in
            let keyIn = master()
            return Publisher(
                keyIn: keyIn,
                keyOut: isForwarded ? master() : keyIn,
                streams: MediaKind.allCases.enumerated().map { place, kind in
                    let ssrc = UInt32(0x1000_0000 + 4 * index + 2 * place)
                    let payloadType: UInt8 = kind == .audio ? 111 : 96
                    return Stream(
                        kind: kind,
                        ssrcIn: ssrc,
                        ssrcOut: isForwarded ? ssrc + 1 : ssrc,
                        payloadTypeIn: payloadType,
                        payloadTypeOut: isForwarded ? payloadType - 10 : payloadType
                    )
                }
            )
        }
    }

    /// The file that the floor reads.
    ///
    /// - Parameter ports: the ports of the sink, or of the consumers, on this machine.
    /// - Returns: the text of the file.
    /// - Throws: what OpenSSL refuses.
    package func keyFile(ports: [UInt16]) throws -> String {
        var lines = ["sink 127.0.0.1 \(ports[0])"]
        let name = profile == .aes128CMHMACSHA1_80 ? "cm" : "gcm"
        for publisher in publishers {
            let keys = try [publisher.keyIn, publisher.keyOut].map { try sessionKeys($0) }
            lines.append("publisher \(name) \(keys.joined(separator: " "))")
            for stream in publisher.streams {
                lines.append(
                    "stream \(stream.ssrcIn) \(stream.ssrcOut) \(stream.payloadTypeIn) \(stream.payloadTypeOut) \(Self.sequenceShift) \(Self.timestampShift)"
                )
            }
        }
        for (consumer, port) in zip(consumers, ports) {
            lines.append("consumer \(name) \(try sessionKeys(consumer.key)) \(port) \(consumer.ssrcShift)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func sessionKeys(_ master: SRTPKeyingMaterial.Master) throws -> String {
        let keys = try SRTPKeyDerivation(master, profile: profile).rtpKeys()
        return "\(hexadecimal(keys.encryption)) \(hexadecimal(keys.authentication)) \(hexadecimal(keys.salt))"
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        guard !bytes.isEmpty else { return "-" }
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
