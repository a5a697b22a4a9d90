// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import Foundation
import RTC
import RTCCrypto
import RTCDriver

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A viewer by WHEP that asks for what browsers ask for, and checks every packet it gets.
struct WHEPConsumer {
    private let worker: MediaWorker.Handle
    private let certificate: Certificate
    private let credentials: ICECredentials

    /// How often a viewer asks for a publisher that is not there yet.
    private static let attempts = 100

    /// Opens a session for both kinds of media.
    ///
    /// - Parameters:
    ///   - address: the WHEP address of a room.
    ///   - worker: what the session lives on.
    ///   - certificate: what it shows.
    ///   - sink: makes what takes the packets of a track.
    /// - Returns: the session.
    /// - Throws: `BenchmarkError` where there is nothing to see, and what the session refuses.
    static func open(
        _ address: URL,
        worker: MediaWorker.Handle,
        certificate: Certificate,
        sink: @escaping @Sendable () -> any MediaSink
    ) async throws -> MediaSession {
        var generator = SystemRandomNumberGenerator()
        let consumer = WHEPConsumer(
            worker: worker,
            certificate: certificate,
            credentials: ICECredentials.make(using: &generator)
        )
        let answer = try await consumer.ask(address)
        return try await consumer.connect(SDPDescription(parsing: answer), sink: sink)
    }

    private func ask(_ address: URL) async throws -> Data {
        var request = URLRequest(url: address)
        request.httpMethod = "POST"
        request.setValue("application/sdp", forHTTPHeaderField: "Content-Type")
        request.httpBody = Data(offer.utf8)
        var problem = ""
        for _ in 1...Self.attempts {
            do {
                let (body, response) = try await URLSession.shared.data(for: request)
                let status = (response as? HTTPURLResponse)?.statusCode ?? 0
                if status == 201 { return body }
                problem = "\(status): \(String(decoding: body, as: UTF8.self))"
            } catch {
                problem = "\(error)"
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw BenchmarkError("There is nothing to watch at \(address): \(problem)")
    }

    private func connect(
        _ answer: SDPDescription,
        sink: @escaping @Sendable () -> any MediaSink
    ) async throws -> MediaSession {
        guard let first = answer.sections.first, let fragment = first.usernameFragment, let password = first.password,
            let remote = ICECredentials(usernameFragment: fragment, password: password)
        else { throw BenchmarkError("The answer has no ICE credentials.") }
        let ice = ICEControllingConfiguration(local: credentials, remote: remote, candidates: first.candidates)
        let session = try await worker.open(
            SessionConfiguration(
                connectivity: .controlling(ice),
                certificate: certificate,
                dtls: DTLSParameters(role: .client, fingerprints: first.fingerprints),
                wallClock: Clock.wallClock,
                seed: UInt64.random(in: 0 ... .max)
            )
        )
        for section in answer.sections where !section.isRejected {
            guard let kind = section.kind else { continue }
            let track = try await session.addReceiveTrack(
                ReceiveTrackParameters(
                    kind: kind,
                    mid: section.mid,
                    codecs: section.codecs,
                    encodings: [RTPEncoding()],
                    extensions: section.extensions.ids,
                    sendsReceiverReferenceTimes: section.receiverRoundTrip != nil
                )
            )
            try await session.setSink(for: track, sink)
        }
        return session
    }

    /// The offer, with the feedback and the extensions that browsers have.
    private var offer: String {
        let transport = """
            c=IN IP4 0.0.0.0
            a=ice-ufrag:\(credentials.usernameFragment)
            a=ice-pwd:\(credentials.password)
            a=fingerprint:\(certificate.fingerprint)
            a=setup:actpass
            a=recvonly
            a=rtcp-mux
            a=rtcp-rsize
            a=extmap:1 \(HeaderExtension.mid.uri)
            a=extmap:2 \(HeaderExtension.transportSequenceNumber.uri)
            """
        return """
            v=0
            o=- 4611731400430051336 2 IN IP4 127.0.0.1
            s=-
            t=0 0
            a=group:BUNDLE 0 1
            m=audio 9 UDP/TLS/RTP/SAVPF 111
            \(transport)
            a=mid:0
            a=rtpmap:111 opus/48000/2
            a=fmtp:111 minptime=10;useinbandfec=1
            a=rtcp-fb:111 transport-cc
            m=video 9 UDP/TLS/RTP/SAVPF 96 97
            \(transport)
            a=mid:1
            a=rtpmap:96 H264/90000
            a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
            a=rtcp-fb:96 nack
            a=rtcp-fb:96 nack pli
            a=rtcp-fb:96 ccm fir
            a=rtcp-fb:96 transport-cc
            a=rtpmap:97 rtx/90000
            a=fmtp:97 apt=96

            """.replacing("\n", with: "\r\n")
    }
}
