// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Logging
import RTC
import RTCDriver

/// One WHIP session: what a publisher asked and is answered, and its media once it has some.
///
/// It belongs to a broadcast, which may outlive it and go on with the next one.
struct PublisherSession: Sendable, Identifiable {
    /// Names the session in its URL.
    let id = SessionID.make()
    /// What was asked.
    let request: PublishRequest
    /// What the publisher is answered.
    let reply = PublishReply()
    /// Tells what happens to it.
    let logger: Logger
    /// Its media; there is some once the offer is answered.
    var ingest: IngestSession?
    /// The publisher's ICE session; there is one once the publisher has its answer.
    var ice: ICEResource?
    /// What the log has said of its streams: of several layers the same is said once.
    var advised: Set<String> = []

    private let began = ContinuousClock.now

    /// Makes a session that waits for its answer.
    init(_ request: PublishRequest, logger: Logger) {
        self.request = request
        var logger = logger
        logger[metadataKey: "session.id"] = "\(id.logText)"
        logger[metadataKey: "request.id"] = "\(request.requestID)"
        if let publisher = request.grant.publisher?.logText { logger[metadataKey: "publisher.id"] = "\(publisher)" }
        self.logger = logger
    }

    /// How long it has lasted.
    var age: Duration { ContinuousClock.now - began }

    /// How long ago media came last, or had come when the session ended; `nil` where none ever did.
    var silence: Duration? {
        get async {
            guard let media = ingest?.media else { return nil }
            let statistics = try? await media.statistics()
            return (statistics ?? media.lastStatistics)?.silence
        }
    }

    /// Ends its media and leaves the one line that a session leaves in the log.
    ///
    /// - Parameters:
    ///   - reason: why it ends.
    ///   - channel: where it published.
    func close(_ reason: EndReason, in channel: String?) async {
        reply.give(.failure(reason.refusal))
        let statistics = await ingest?.media.close()
        var metadata: Logger.Metadata = ["reason": "\(reason)", "seconds": "\(age.components.seconds)"]
        if let channel { metadata["skyway.channel"] = "\(channel)" }
        if let userAgent = request.userAgent { metadata["publisher"] = "\(userAgent.prefix(120))" }
        if let statistics { metadata["packets"] = "\(statistics.session.packetsReceived)" }
        logger.info("Session ended", metadata: metadata)
    }
}

/// What a publisher is answered, once that is known; the first answer counts.
struct PublishReply: Sendable {
    private let answers: AsyncStream<Result<PublishAnswer, Refusal>>
    private let answering: AsyncStream<Result<PublishAnswer, Refusal>>.Continuation

    /// Makes a reply that is not known yet.
    init() {
        (answers, answering) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    /// Answers the publisher, unless it has its answer.
    func give(_ answer: Result<PublishAnswer, Refusal>) {
        answering.yield(answer)
        answering.finish()
    }

    /// Waits for the answer.
    ///
    /// - Parameter deadline: when to give up.
    /// - Returns: the answer; `nil` where there was none in time.
    func received(before deadline: ContinuousClock.Instant) async -> Result<PublishAnswer, Refusal>? {
        await withTaskGroup(of: Result<PublishAnswer, Refusal>?.self) { group in
            group.addTask {
                for await answer in answers { return answer }
                return nil
            }
            group.addTask {
                try? await Task.sleep(until: deadline)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
