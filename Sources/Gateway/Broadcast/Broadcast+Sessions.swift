// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Logging
import RTC
import RTCDriver
import SkyWay

/// How the sessions of its publisher come, go and follow each other.
extension Broadcast {
    // MARK: Coming

    /// Opens the media of a session that has none yet.
    ///
    /// - Parameters:
    ///   - session: the session.
    ///   - codecs: what may be published, in the router's order.
    /// - Returns: the session with its media, of which this broadcast hears from now on.
    /// - Throws: `SDPError`, `MediaWorkerError`.
    func open(_ session: PublisherSession, codecs: [RTPCodec]) async throws -> PublisherSession {
        let grant = session.request.grant
        let ingest = try await IngestSession.open(
            session.request.offer,
            codecs: takeable(codecs, by: grant),
            maximumBitrate: grant.bitrate(within: environment.maximumBitrate),
            on: worker,
            reached: session.request.reached,
            environment: environment
        )
        await record(ingest.media, on: .publisher)
        var session = session
        session.ingest = ingest
        let (id, events) = (session.id, ingest.media.events)
        spawn { for await event in events { await self.receive(event, from: id) } }
        return session
    }

    /// What may be published: the codecs that are being published, then the others in the operator's order.
    private func takeable(_ codecs: [RTPCodec], by grant: PublishGrant) -> [RTPCodec] {
        let ordered = environment.codecs.ordered(grant.codecs.allowed(codecs))
        let published = ordered.filter { codec in publications.values.contains { $0.declared == codec } }
        return published + ordered.filter { !published.contains($0) }
    }

    /// Answers the publisher of the present session.
    func answer() {
        guard let session, let ingest = session.ingest else { return }
        let ice = ICEResource(peer: ingest.answer.remote.credentials.usernameFragment)
        self.session?.ice = ice
        layersFound = nil
        tellSession(session)
        apply(machine.answered())
        session.reply.give(.success(PublishAnswer(session: session.id, sdp: ingest.answer.text, entityTag: ice.tag)))
    }

    // MARK: Following

    /// Where it stands for a publisher that would take the place of its session.
    func standing() async -> Takeover.Standing {
        guard !isOver else { return .over }
        guard let session else { return .waiting }
        let silence = await session.silence
        let sinceBeginning = max(.zero, session.age - environment.takeover.beginning)
        return .held(silence: silence ?? sinceBeginning, hasFlowed: silence != nil)
    }

    /// Lets another session go on with the broadcast, in the place of the one that there is or was.
    ///
    /// - Parameter next: the session, which gets its answer.
    /// - Returns: false where there is nothing to go on with.
    func resume(_ next: PublisherSession) -> Bool {
        guard !isOver, machine.isEstablished, !isAdmitting, environment.resumeWindow > .zero else { return false }
        waits += 1
        isAdmitting = true
        spawn { await self.admit(next) }
        return true
    }

    private func admit(_ next: PublisherSession) async {
        defer { isAdmitting = false }
        do {
            guard let capabilities, link != nil else { throw CancellationError() }
            let opened = try await open(next, codecs: capabilities.allMediaCodecs)
            guard !isOver else {
                await opened.close(machine.endReason ?? .shutdown, in: channel?.text)
                return
            }
            let former = session
            session = opened
            credential = next.request.grant.credential
            sayMetadata(of: next.request)
            learnOfSession()
            machine.publisherReturned()
            // Before the answer: what comes first is a key frame, which encoders don't send again when asked.
            let isFitting = await feedPublications(capabilities)
            answer()
            let question = next.request.question
            spawn { await self.environment.hook?.resumed(self.origin, by: question) }
            await former?.close(.replaced, in: channel?.text)
            guard isFitting, machine.isRestored else {
                machine.adjust()
                return promptRecovery()
            }
            apply(machine.forwarded())
        } catch {
            next.reply.give(.failure(EndReason(failure: error).refusal))
            guard session?.id != next.id else { return failed(error) }
            // The offer can't be taken: who was there before goes on, or is waited for.
            if session == nil { beginWaiting() }
        }
    }

    // MARK: Going

    /// Ends a session of the publisher, and with it the broadcast unless the publisher may come back.
    ///
    /// - Parameters:
    ///   - id: the session.
    ///   - reason: why.
    /// - Returns: whether it is the present session.
    func end(session id: SessionID, _ reason: EndReason) async -> Bool {
        guard let session, session.id == id else { return false }
        await lost(id, reason, silence: session.silence)
        return true
    }

    /// Whether a session is the present one.
    func has(_ id: SessionID) -> Bool { session?.id == id }

    /// A session is over; those before the present one don't matter any more.
    func lost(_ id: SessionID, _ reason: EndReason, silence: Duration?) async {
        guard let lost = session, lost.id == id else { return }
        let wasFlowing = silence.map { $0 < environment.takeover.silence } ?? false
        let action = machine.publisherLost(reason, wasFlowing: wasFlowing)
        if action == .wait { session = nil }
        apply(action)
        if action == .wait { await lost.close(reason, in: channel?.text) }
    }

    /// Waits for the publisher, for as long as the resume window is.
    func beginWaiting() {
        waits += 1
        let (wait, window) = (waits, environment.resumeWindow)
        spawn {
            guard (try? await Task.sleep(for: window)) != nil else { return }
            await self.windowOver(wait)
        }
    }

    private func windowOver(_ wait: Int) {
        guard wait == waits else { return }
        apply(machine.windowOver())
    }
}
