// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTCCrypto
import RTCDriver
import ServiceLifecycle
import WHIPClient

/// Publishes by WHIP until it is stopped; after an end that may mend itself it tries again.
struct PublishingService: Service {
    /// Where to publish.
    let endpoint: WHIPEndpoint
    /// What to publish.
    let media: PublishedMedia
    /// Whether a publication that ends is followed by another.
    let repeats: Bool
    /// Where to tell what happens.
    let logger: Logger

    private static let firstWait: Duration = .milliseconds(500)
    private static let longestWait: Duration = .seconds(10)

    func run() async throws {
        let worker = try await MediaWorker.start(MediaWorkerConfiguration(port: 0))
        let certificate = try Certificate.makeSelfSigned()
        await cancelWhenGracefulShutdown {
            await publishAgainAndAgain(on: worker, certificate)
        }
        await worker.shutdown()
    }

    private func publishAgainAndAgain(on worker: MediaWorker.Handle, _ certificate: Certificate) async {
        var wait = Self.firstWait
        while !Task.isCancelled {
            let publisher = WHIPPublisher(
                endpoint,
                media: media,
                worker: worker,
                certificate: certificate,
                logger: logger
            )
            async let watching: Bool = watch(publisher)
            let end = await publisher.run()
            if await watching { wait = Self.firstWait }
            guard !Task.isCancelled else { return }
            let again = repeats && end.isRetryable
            logger.log(level: again ? .warning : .error, "\(end)", metadata: again ? ["again in": "\(wait)"] : [:])
            guard again else { return }
            try? await Task.sleep(for: wait)
            wait = min(wait * 2, Self.longestWait)
        }
    }

    /// Tells what becomes of a publication; answers whether media ever flowed.
    private func watch(_ publisher: WHIPPublisher) async -> Bool {
        var hasPublished = false
        for await state in publisher.states {
            guard case .publishing(let address) = state else { continue }
            hasPublished = true
            logger.info("Publishing", metadata: ["whip.resource": "\(address)"])
        }
        return hasPublished
    }
}
