// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
package import RTC

/// The steps that make a link, each with its own error.
extension SkyWayLink {
    package var channelID: String? { machine.channel?.id }
    package var channelName: String? { machine.channel?.name }
    package var memberID: String? { machine.memberID }

    /// All steps up to the SFU's answer, in parallel where the order allows; takes everything back when one fails.
    package func open(_ publications: [SkyWayPublication]) async throws -> SkyWayForwardings {
        do {
            try await connect()
            async let events: Void = subscribeEvents()
            async let bot: Void = ensureBot()
            try await addMember()
            try await publish(publications)
            _ = try await (events, bot)
            let forwardings = try await startForwardings(publications.map(\.kind))
            isOpened = true
            return forwardings
        } catch {
            await stop()
            throw error
        }
    }

    /// Opens the connection, and finds or makes the room.
    package func connect() async throws {
        async let time: Void = readServerTime()
        async let found = findChannel()
        try await time
        let (snapshot, isSubscribed) = try await found
        hasEvents = isSubscribed
        handle(machine.received(snapshot))
    }

    /// Joins as a member, with the room's events and a bot to forward for us.
    package func join() async throws {
        async let events: Void = subscribeEvents()
        async let bot: Void = ensureBot()
        try await addMember()
        _ = try await (events, bot)
    }

    // MARK: The room

    func findChannel() async throws -> (ChannelSnapshot, isSubscribed: Bool) {
        switch request.channel {
        case .id(let id):
            return (try await api.getChannel(id: id), false)
        case .name(let name):
            do {
                return (try await api.getChannelByName(name), false)
            } catch let error as SkyWayError where error.code == .channelNotFound && request.mayCreateChannel {
                return try await createChannel(name)
            }
        }
    }

    private func createChannel(_ name: String) async throws -> (ChannelSnapshot, isSubscribed: Bool) {
        do {
            let metadata = await joiningMetadata(of: .channel)
            return (try await api.findOrCreateChannel(name: name, metadata: metadata), true)
        } catch let error as SkyWayError where error.code == .channelNameTaken {
            // Someone else made it in between.
            return (try await api.getChannelByName(name), false)
        }
    }

    func subscribeEvents() async throws {
        guard !hasEvents, let channel = machine.channel else { return }
        hasEvents = true
        do {
            try await api.subscribeChannelEvents(channelID: channel.id, offset: channel.version)
        } catch {
            hasEvents = false
            throw error
        }
    }

    /// Uses the room's first bot, or has one made and waits until it is in the room.
    func ensureBot() async throws {
        let channel = try knownChannel()
        if let bot = channel.sfuBot {
            machine.botChosen(bot.id)
            return
        }
        let id = try await bots.bot(of: channel.id) { try await self.createBot(in: channel.id) }
        do {
            let late = SkyWayError(.timeout, .sfu, detail: "the bot did not come into the room")
            let limit = isOpened ? Duration.seconds(5) : .seconds(30)
            try await withTimeout(limit, error: late) { try await self.waitForMember(id) }
        } catch {
            await bots.forget(id, of: channel.id)
            throw error
        }
        machine.botChosen(id)
    }

    private func createBot(in channelID: String) async throws -> String {
        try await authorized { token throws(SkyWayError) in
            try await sfu.createBot(channelID: channelID, token: token)
        }
    }

    private func waitForMember(_ id: String) async throws {
        while machine.channel?.member(id) == nil {
            try checkOpen()
            try await changes.next()
        }
    }

    // MARK: Member and publications

    func addMember() async throws {
        let channelID = try knownChannel().id
        try await uncancelled { link in
            do {
                try await link.addMember(channelID)
            } catch let error as SkyWayError where error.code == .invalidRequest {
                // The SDK's own time, where a longer one is not taken.
                await link.shortenTTL()
                try await link.addMember(channelID)
            } catch let error as SkyWayError where error.code == .memberNameTaken {
                guard try await link.ownsName(channelID, error) else { return try await link.addMember(channelID) }
            }
        }
    }

    private func addMember(_ channelID: String) async throws {
        let metadata = await joiningMetadata(of: .member)
        let ttl = expiry
        do {
            let id = try await api.addMember(
                channelID: channelID,
                name: request.memberName,
                metadata: metadata,
                ttl: ttl
            )
            machine.joined(memberID: id)
            noteMember()
            handle(machine.readMetadata())
        } catch let error as SkyWayError {
            if error.isUnsure { machine.isJoinUnsure = true }
            throw error
        }
    }

    /// Our name is taken: by ourselves, where the answer to a call was lost, or by what a crashed run has left.
    ///
    /// - Returns: whether the member is ours; otherwise it was removed.
    /// - Throws: `error` where it is neither.
    private func ownsName(_ channelID: String, _ error: SkyWayError) async throws -> Bool {
        handle(machine.received(try await api.getChannel(id: channelID)))
        if machine.memberID != nil { return true }
        let isNamed = tokens.token.names(member: request.memberName, in: request.channel)
        guard let stale = machine.staleMember(isNamed: isNamed, besides: otherMembers) else { throw error }
        logger.info("Removing a member of our name that an earlier run has left", metadata: ["member.id": "\(stale)"])
        try await api.removeMember(channelID: channelID, memberID: stale)
        return false
    }

    private func shortenTTL() { memberTTL = min(memberTTL, .seconds(60)) }

    /// Publishes all streams at once.
    package func publish(_ publications: [SkyWayPublication]) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for publication in publications {
                group.addTask { try await self.publish(publication) }
            }
        }
    }

    private func publish(_ publication: SkyWayPublication) async throws {
        let channelID = try knownChannel().id
        guard let memberID = machine.memberID else { throw SkyWayError(.memberNotFound, .gateway) }
        let request = RTCAPIClient.PublicationRequest(
            contentType: publication.kind.contentType,
            codecs: [publication.mimeType],
            encodings: publication.encodings,
            metadata: await joiningMetadata(of: MetadataSubject(publication.kind))
        )
        try await uncancelled { link in
            do {
                let id = try await link.api.publishStream(channelID: channelID, publisherID: memberID, request)
                await link.published(publication, id: id)
            } catch let error as SkyWayError {
                if error.isUnsure { await link.publishedPerhaps(publication.kind) }
                throw error
            }
        }
    }

    /// Publishes a stream no more; its relay and the viewers' subscriptions go with it.
    package func unpublish(_ kind: MediaKind) async throws {
        _ = try knownChannel()
        guard let id = machine.unpublished(kind) else { return }
        try await withdraw([id])
    }

    private func published(_ publication: SkyWayPublication, id: String) {
        machine.published(publication.kind, id: id, encodings: publication.encodings)
        handle(machine.readMetadata())
    }

    private func publishedPerhaps(_ kind: MediaKind) { machine.unsurePublications.insert(kind) }

    // MARK: Common

    func knownChannel() throws -> ChannelState {
        try checkOpen()
        guard let channel = machine.channel else { throw SkyWayError(.channelNotFound, .gateway) }
        return channel
    }

    func checkOpen() throws {
        guard machine.phase == .connecting || machine.phase == .connected else {
            throw SkyWayError(.stopped, .gateway)
        }
    }

    /// Runs a step in a task of `run()`, so that its outcome gets known even when the caller has gone.
    private func uncancelled(_ step: @escaping @Sendable (SkyWayLink) async throws -> Void) async throws {
        try checkOpen()
        unfinishedSteps += 1
        let outcome = StepOutcome()
        let accepted = jobContinuation.yield(
            .step {
                do {
                    try await step(self)
                    outcome.finish(.success(()))
                } catch {
                    outcome.finish(.failure(error))
                }
                await self.finishedStep()
            }
        )
        if case .terminated = accepted {
            finishedStep()
            throw SkyWayError(.stopped, .gateway)
        }
        while outcome.result == nil {
            try checkOpen()
            try await changes.next()
        }
        try outcome.result?.get()
    }

    private func finishedStep() {
        unfinishedSteps -= 1
        changes.wake()
    }
}
