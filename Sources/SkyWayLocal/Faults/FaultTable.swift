// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes

/// The faults in force, and what follows from them: a pure value, asked by those on whose way they lie.
///
/// Where several fit, the one that was injected first is used up first, except that of settings (clock, limits, what
/// happens to a transport's media) the newest counts.
struct FaultTable: Sendable {
    /// The most faults in force.
    static let maximum = 256

    /// A fault in force.
    struct Entry: Sendable {
        let id: Int
        let fault: Fault
        /// How many calls or events it is still good for; nil where it is not counted.
        var remaining: Int?
        /// When it ends, in milliseconds since 1970 by the server's clock without its skew.
        let until: Int64?
        /// How often it has struck.
        var hits = 0
        /// The events that it keeps back.
        var kept: [KeptEvent] = []
        /// When the tokens that it refuses were issued at the latest, and those of the last second that had been seen.
        var revoked: (before: Int64, seen: Set<String>)?
    }

    /// An event that is kept back, with those it is for.
    struct KeptEvent: Sendable {
        let text: String
        let listeners: [EventListener]
    }

    private(set) var entries: [Entry] = []
    private var nextID = 1
    /// The transports that are open.
    var transports: [FaultTransport] = []
    /// Tokens whose second of issue had not passed when they were last seen: `iat` alone can't tell them from later ones.
    private var fresh: [String] = []

    // MARK: What is in force

    /// Puts a fault in force.
    mutating func add(_ fault: Fault, at now: Int64) throws(FaultError) -> Entry {
        guard entries.count < Self.maximum else { throw .tooMany }
        var entry = Entry(
            id: nextID,
            fault: fault,
            remaining: fault.count,
            until: fault.name.endsByTime ? fault.milliseconds(.seconds).map { now + $0 } : nil
        )
        if fault.name == .expireTokens { entry.revoked = (before: now, seen: Set(fresh)) }
        nextID += 1
        entries.append(entry)
        return entry
    }

    /// Ends a fault.
    mutating func remove(_ id: Int) -> Entry? {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return nil }
        return entries.remove(at: index)
    }

    /// Ends the faults whose time is over.
    mutating func removeExpired(at now: Int64) -> [Entry] {
        let expired = entries.filter { $0.hasEnded(at: now) }
        entries.removeAll { $0.hasEnded(at: now) }
        return expired
    }

    /// Lets the first fault that fits strike, and ends it with its last stroke.
    private mutating func strike(at now: Int64, where fits: (Fault) -> Bool) -> Entry? {
        guard let index = entries.firstIndex(where: { !$0.hasEnded(at: now) && fits($0.fault) }) else { return nil }
        entries[index].hits += 1
        if let remaining = entries[index].remaining { entries[index].remaining = remaining - 1 }
        let struck = entries[index]
        // One that keeps events back ends when it lets them go.
        if struck.remaining == 0, struck.fault.name != .reorderEvents { entries.remove(at: index) }
        return struck
    }

    /// The newest fault of a name.
    private func newest(_ name: Fault.Name, at now: Int64) -> Fault? {
        entries.last { $0.fault.name == name && !$0.hasEnded(at: now) }?.fault
    }

    // MARK: Sockets and calls

    /// How a new socket of the RTC API is refused.
    mutating func refusal(at now: Int64) -> Fault? {
        strike(at: now) { $0.name == .refuseSockets }?.fault
    }

    /// What becomes of a call.
    mutating func call(_ name: String, at now: Int64) -> CallVerdict? {
        let entry = strike(at: now) { fault in
            switch fault.name {
            case .delayCalls, .failCalls, .loseCalls:
                let wanted = CallName.resolve(fault.text(.method) ?? "")
                return wanted == name || wanted == CallName.any
            case .invalidIdentifierKey:
                return name == CallName.confirmSubscription
            default:
                return false
            }
        }
        guard let fault = entry?.fault else { return nil }
        return switch fault.name {
        case .delayCalls: .delay(fault.milliseconds(.seconds) ?? 0)
        case .loseCalls: .lose
        case .invalidIdentifierKey: .fail(.wrongIdentifierKey)
        default: .fail(CallFailure(fault))
        }
    }

    /// How long a confirmation takes to take effect; nil where it does so at once.
    mutating func confirmationDelay(at now: Int64) -> Int64? {
        strike(at: now) { $0.name == .delayConfirmations }?.fault.milliseconds(.seconds)
    }

    /// Whether a forwarding gets a transport of its own, although its member has one.
    mutating func wantsAnotherTransport(at now: Int64) -> Bool {
        strike(at: now) { $0.name == .secondTransport } != nil
    }

    // MARK: Events

    /// What becomes of an event on its way to those who listen.
    ///
    /// - Returns: what is told now, and what is told later.
    mutating func tell(
        _ event: ToldEvent,
        to listeners: [EventListener],
        at now: Int64
    ) -> (now: [KeptEvent], later: (after: Int64, event: KeptEvent)?) {
        var struck: [EventListener] = []
        let entry = strike(at: now) { fault in
            guard fault.name.isOfEvents, event.fits(fault) else { return false }
            struck = listeners.filter { listener in fault.integer(.connection).map { $0 == listener.id } ?? true }
            return !struck.isEmpty
        }
        guard let entry else { return ([KeptEvent(text: event.text, listeners: listeners)], nil) }
        let ids = Set(struck.map(\.id))
        let others = listeners.filter { !ids.contains($0.id) }
        var told = others.isEmpty ? [] : [KeptEvent(text: event.text, listeners: others)]
        let kept = KeptEvent(text: event.text, listeners: struck)
        switch entry.fault.name {
        case .delayEvents: return (told, (after: entry.fault.milliseconds(.seconds) ?? 0, event: kept))
        case .reorderEvents:
            guard let index = entries.firstIndex(where: { $0.id == entry.id }) else { return (told, nil) }
            entries[index].kept.append(kept)
            if entries[index].remaining == 0 { told += entries.remove(at: index).kept.reversed() }
            return (told, nil)
        default: return (told, nil)
        }
    }

    // MARK: Tokens and clock

    /// Whether a token counts as expired.
    mutating func isExpired(_ token: AuthToken, at now: Int64) -> Bool {
        let isFresh = token.issuedAt * 1000 >= Double(now / 1000 * 1000)
        for index in entries.indices {
            guard let revoked = entries[index].revoked else { continue }
            let isOld = token.issuedAt < Double(revoked.before / 1000)
            guard isOld || revoked.seen.contains(token.id) else { continue }
            entries[index].hits += 1
            return true
        }
        if isFresh, !fresh.contains(token.id) {
            fresh.append(token.id)
            if fresh.count > Self.maximumFresh { fresh.removeFirst() }
        }
        return false
    }

    private static let maximumFresh = 1024

    /// How far the server's clock is moved, in milliseconds.
    func skew(at now: Int64) -> Int64 { newest(.skewClock, at: now)?.milliseconds(.seconds) ?? 0 }

    /// The limits, from what is ordinary.
    func limits(_ ordinary: LocalLimits, at now: Int64) -> LocalLimits {
        var limits = ordinary
        for entry in entries where entry.fault.name == .limits { limits.apply(entry.fault) }
        return limits
    }
}

extension FaultTable.Entry {
    /// Whether its time is over.
    func hasEnded(at now: Int64) -> Bool { until.map { $0 <= now } ?? false }
}

extension Fault.Name {
    /// Whether `seconds` says how long it is in force, and not how late something comes.
    var endsByTime: Bool {
        switch self {
        case .refuseSockets, .ignoreSTUN, .loseMedia, .capMedia: true
        default: false
        }
    }

    /// Whether it lies on the way of events.
    var isOfEvents: Bool { [.delayEvents, .reorderEvents, .withholdEvents].contains(self) }

    /// Whether it lies on the way of a transport's datagrams for as long as it is in force.
    var isOfMedia: Bool { [.ignoreSTUN, .loseMedia, .capMedia].contains(self) }

    /// Whether it is done once and over, instead of being in force.
    var isDoneAtOnce: Bool {
        switch self {
        case .dropSockets, .removeMember, .removeBot, .removeForwarding, .removePublication, .closeDTLS, .dropTransport:
            true
        default: false
        }
    }
}

/// What becomes of a call.
enum CallVerdict: Hashable, Sendable {
    /// It is taken up so many milliseconds later.
    case delay(Int64)
    /// It is not done.
    case fail(CallFailure)
    /// It is done, and not answered.
    case lose
}

/// How a call fails.
struct CallFailure: Hashable, Sendable {
    /// On the RTC API.
    let error: RPCError
    /// On the REST services.
    let refusal: SFUAPIError

    /// As the fault says.
    init(_ fault: Fault) {
        let message = fault.text(.message) ?? ""
        let inner = fault.integer(.inner)
        error = RPCError(fault.integer(.code) ?? -32603, message, detail: inner)
        refusal = SFUAPIError(HTTPResponse.Status(code: fault.integer(.status) ?? 500), message, code: inner)
    }

    private init(_ refusal: SFUAPIError) {
        self.refusal = refusal
        error = .invalidParameters(refusal.message)
    }

    /// What a wrong key is answered with.
    static let wrongIdentifierKey = CallFailure(.wrongIdentifierKey)
}

/// An event on its way.
struct ToldEvent: Sendable {
    let text: String
    let type: String
    let channelID: String
    let channelName: String?

    /// Whether it is one of those that a fault names.
    func fits(_ fault: Fault) -> Bool {
        if let channel = fault.text(.channel), channel != channelID, channel != channelName { return false }
        return fault.text(.type).map { $0 == type } ?? true
    }
}

/// A socket that listens to a channel.
struct EventListener: Sendable {
    let id: Int
    let send: @Sendable (String) -> Void
}

/// How much there may be.
struct LocalLimits: Sendable {
    /// In each channel.
    var channel: ChannelLimits
    /// Of all together.
    var usage: UsageLimits

    /// Sets what a fault names.
    fileprivate mutating func apply(_ fault: Fault) {
        channel.members = fault.integer(.members) ?? channel.members
        channel.publications = fault.integer(.publications) ?? channel.publications
        channel.publicationsOfMember = fault.integer(.publicationsPerMember) ?? channel.publicationsOfMember
        channel.subscriptions = fault.integer(.subscriptions) ?? channel.subscriptions
        channel.subscriptionsOfMember = fault.integer(.subscriptionsPerMember) ?? channel.subscriptionsOfMember
        channel.subscriptionsToPublication =
            fault.integer(.subscriptionsPerPublication) ?? channel.subscriptionsToPublication
        usage.channels = fault.integer(.channels) ?? usage.channels
        usage.requestsPerSecond = fault.integer(.requestsPerSecond) ?? usage.requestsPerSecond
        usage.connections = fault.integer(.connections) ?? usage.connections
    }
}
