// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import Foundation
import Logging
import RTC
import RTCCrypto
import RTCDriver
import SkyWayLocal
import WHIPClient

/// Makes WHIP publishers of the benchmarks' traffic.
struct TrafficPublisher {
    static let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

    let worker: MediaWorker.Handle
    let certificate: Certificate
    let control: TrafficControl
    /// How media is protected; `nil` for what both sides agree on.
    let profiles: [SRTPProfile]?

    /// Makes a publisher that has not begun.
    func make(_ number: Int, at whip: String) throws -> WHIPPublisher {
        guard let address = WHIPAddress(whip) else {
            throw BenchmarkError("The gateway told no usable address: \(whip)")
        }
        let control = control
        return WHIPPublisher(
            WHIPEndpoint(address),
            media: PublishedMedia(
                tracks: [RTPCodec.publishedOpus, .publishedH264].map { published in
                    var codec = published
                    // Every packet is reported on, as browsers have it.
                    codec.feedback.append(.transportWide)
                    return PublishedMedia.Track(codec: codec) { [kind = codec.kind] stream in
                        TrafficSource(
                            publisher: number,
                            kind: kind,
                            payloadType: stream.codec.payloadType,
                            control: control
                        )
                    }
                }
            ),
            worker: worker,
            certificate: certificate,
            profiles: profiles,
            logger: Self.logger
        )
    }

    /// Waits until a publisher is connected; false when it ended and should be tried again.
    static func isPublished(_ publisher: WHIPPublisher, mayRetry: Bool) async throws -> Bool {
        for await state in publisher.states {
            switch state {
            case .connecting: continue
            case .publishing: return true
            case .ended(let end):
                guard mayRetry, end.isRetryable else { throw BenchmarkError("A publisher ended: \(end)") }
                return false
            }
        }
        return false
    }
}

extension ServerProcess {
    /// Starts the gateway towards a SkyWayLocal.
    ///
    /// - Parameters:
    ///   - program: the gateway's program.
    ///   - port: SkyWayLocal's port on this machine.
    ///   - folder: where its log goes.
    /// - Returns: the process.
    /// - Throws: what keeps it from starting.
    static func gateway(_ program: String, towards port: Int, folder: URL) throws -> ServerProcess {
        let application = LocalApplication.development
        // Settings of one's own, such as an account, stay out of this.
        let settings = folder.appendingPathComponent("bench.env")
        try Data().write(to: settings)
        return try ServerProcess(
            program,
            [
                "serve", "--port", "0", "--media-port", "0", "--announce", "127.0.0.1", "--create-rooms", "--insecure",
                "--skyway-host", "127.0.0.1:\(port)", "--env-file", settings.path,
            ],
            environment: ["SKYWAY_APP_ID": application.id, "SKYWAY_SECRET_KEY": application.secret],
            log: folder.appendingPathComponent("bench-gateway.log")
        )
    }
}
