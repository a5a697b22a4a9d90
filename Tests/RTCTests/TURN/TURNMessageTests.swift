// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCTesting
import Testing

/// What a TURN client writes and reads, byte by byte.
@Suite("TURN messages") struct TURNMessageTests {
    /// RFC 5769 §2.4: long-term credentials, with names beyond ASCII.
    private static let sample = STUNBytes.bytes(
        hex: """
            00010060 2112a442 78ad3433 c6ad72c0 29da412e
            00060012 e3839ee3 8388e383 aae38383 e382af e382b9 0000
            0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 3634734 1
            0014000b 6578616d 706c652e 6f726700
            00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666
            """
    )

    @Test("RFC 5769 §2.4: the key of long-term credentials signs the sample request")
    func longTermCredentials() throws {
        let key = try LongTermKey(
            username: "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}",
            realm: Array("example.org".utf8),
            password: "TheMatrIX"
        )
        let message = try STUNMessage(parsing: Self.sample.span.bytes)
        let isAuthentic = message.isAuthentic(key: key.bytes.span.bytes, in: Self.sample.span.bytes)
        #expect(isAuthentic)
        #expect("\(key)" == "(hidden)")
    }

    /// A client, and the server that it speaks to.
    private final class Dialogue {
        var client: TURNClient
        var server: SimulatedTURNServer

        init(isReliable: Bool = false, realm: String = "example.org") throws {
            var generator = SplitMix64(seed: 1)
            client = TURNClient(TURNStage.credentials, isReliable: isReliable, at: .at(.zero), using: &generator)
            server = try SimulatedTURNServer(at: .loopbackIPv4, for: TURNStage.credentials, realm: realm)
        }

        /// The client's next message.
        func next() -> [UInt8] { STUNBytes.written(capacity: 2_048) { _ = client.poll(into: &$0) } }

        func receive(_ bytes: [UInt8]) -> TURNClient.Received { client.receive(bytes.span.bytes, at: .at(.zero)) }

        /// Lets the client hear what the server says to a message.
        func answer(_ message: [UInt8]) {
            for case .client(_, let answer) in server.receive(message, from: .test(1), at: .at(.zero)) {
                _ = receive(answer)
            }
        }

        /// Lets both speak until there is an allocation with a channel to the peer.
        func bind() {
            exchange()
            _ = wrap([1])
            exchange()
        }

        private func exchange() {
            while case let message = next(), !message.isEmpty { answer(message) }
        }

        func wrap(_ bytes: [UInt8], room: Int = 64) -> [UInt8]? {
            var buffer = bytes + [UInt8](repeating: 0xee, count: room)
            var span = buffer.mutableSpan
            var raw = span.mutableBytes
            let length = client.wrap(&raw, length: bytes.count, to: TURNStage.peer, at: .at(.zero))
            return length.map { Array(buffer[..<$0]) }
        }

        /// What the server makes of a datagram from an address.
        func relay(_ bytes: [UInt8], from peer: TransportAddress) throws -> [[UInt8]] {
            let relayed = try #require(client.relayedAddress)
            return server.receive(bytes, from: peer, to: relayed, at: .at(.zero)).compactMap { output in
                if case .client(_, let bytes) = output { bytes } else { nil }
            }
        }
    }

    @Test("The first request asks for UDP and says nothing of the user; the second is signed")
    func requests() throws {
        let dialogue = try Dialogue(realm: "realm")
        let first = dialogue.next()
        let asked = try STUNMessage(parsing: first.span.bytes)
        #expect(asked.method == STUNMessage.allocate && asked.messageClass == .request)
        #expect(asked.username == nil && asked.integrityOffset == nil && asked.hasFingerprint)
        #expect(asked.lifetime == 600 && asked.unknownAttributes.isEmpty)
        // REQUESTED-TRANSPORT is the first attribute: UDP.
        #expect(Array(first[20..<28]) == [0x00, 0x19, 0x00, 0x04, 17, 0, 0, 0])

        dialogue.answer(first)
        let second = dialogue.next()
        let signed = try STUNMessage(parsing: second.span.bytes)
        #expect(signed.transaction != asked.transaction)
        #expect(signed.realm.map { String(decoding: second[$0], as: UTF8.self) } == "realm")
        #expect(signed.nonce.map { String(decoding: second[$0], as: UTF8.self) } == "nonce-1")
        #expect(signed.username.map { String(decoding: second[$0], as: UTF8.self) } == "1700000000:member")
        #expect(!String(decoding: second, as: UTF8.self).contains("secret"))
    }

    @Test("Channel data is padded to four bytes over TCP, and not over UDP", arguments: [false, true])
    func padding(isReliable: Bool) throws {
        let dialogue = try Dialogue(isReliable: isReliable)
        dialogue.bind()
        let wrapped = dialogue.wrap([1, 2, 3, 4, 5])
        #expect(wrapped == [0x40, 0x00, 0x00, 0x05, 1, 2, 3, 4, 5] + (isReliable ? [0, 0, 0] : []))
        #expect(dialogue.wrap([1, 2, 3, 4, 5], room: 3) == nil)
        #expect(dialogue.receive([0x40, 0x00, 0x00, 0x02, 7, 8, 9, 9]) == .data(4..<6, from: TURNStage.peer))
    }

    @Test("Channels that were not bound, lengths beyond the datagram, and data of strangers are ignored")
    func strangers() throws {
        let dialogue = try Dialogue()
        dialogue.bind()
        for junk in [[0x40, 0x01, 0, 1, 7], [0x40, 0x00, 0, 9, 7], [0x40], [0xff, 0xff, 0xff, 0xff], []] as [[UInt8]] {
            #expect(dialogue.receive(junk) == .ignored)
        }
        let indication = STUNBytes.written { output in
            let transaction = STUNTransactionID(high: 1, low: 2)
            let writer = STUNWriter(.indication, method: STUNMessage.data, transaction: transaction, into: &output)
            writer.writePeerAddress(.test(77), to: &output)
            writer.writeData([1, 2, 3].span.bytes, to: &output)
        }
        #expect(dialogue.receive(indication) == .ignored)
    }

    @Test("An answer that is not signed by the key changes nothing")
    func forged() throws {
        let dialogue = try Dialogue()
        dialogue.answer(dialogue.next())
        let transaction = try STUNMessage(parsing: dialogue.next().span.bytes).transaction
        let forged = STUNBytes.written { output in
            let writer = STUNWriter(.success, method: STUNMessage.allocate, transaction: transaction, into: &output)
            writer.writeRelayedAddress(.test(66), to: &output)
            writer.writeIntegrity(password: "guessed", to: &output)
            writer.writeFingerprint(to: &output)
        }
        #expect(dialogue.receive(forged) == .ignored)
        #expect(dialogue.client.relayedAddress == nil)
    }

    @Test("Whatever bytes a server sends, the client goes on", arguments: 0..<16 as Range<UInt64>)
    func garbage(seed: UInt64) throws {
        let dialogue = try Dialogue(isReliable: seed % 2 == 0)
        dialogue.bind()
        var generator = SplitMix64(seed: seed)
        let peer = TransportAddress(TURNStage.peer.ip, port: TURNStage.peer.port)
        let samples = try dialogue.relay([1, 2, 3], from: peer) + [Self.sample]
        for _ in 0..<2_000 {
            var bytes = samples.randomElement(using: &generator) ?? []
            for _ in 0..<Int.random(in: 0...6, using: &generator) where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)))
            if case .data(let range, _) = dialogue.receive(bytes) {
                #expect(range.upperBound <= bytes.count)
            }
        }
        #expect(dialogue.client.relayedAddress != nil)
    }

    @Test("The password shows in no description")
    func hidden() throws {
        let server = TURNStage.servers(1)[0]
        let stage = try TURNStage()
        for text in ["\(server)", String(reflecting: server), "\(server.credentials)", "\(stage.relay)"] {
            #expect(!text.contains(TURNStage.credentials.password))
        }
        #expect("\(server)" == "turn:turn0:3478?transport=udp")
    }
}
