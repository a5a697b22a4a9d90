// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPKit
import RTCDriver
import Synchronization

/// The fault knobs of a server: what tests of recovery turn.
///
/// One lock holds what is in force (``FaultTable``); what lies on the way of calls, events, sockets, tokens and time
/// asks here, each in one place. Time is the server's, without the skew that is one of the faults.
package final class LocalFaults: Sendable {
    private let table = Mutex(FaultTable())
    private let target = Mutex<FaultTarget?>(nil)
    private let timeline: Timeline
    let clock: ServerClock
    /// How much clients ask, faults or not.
    let traffic = ServerTraffic()
    private let feed: StateFeed

    /// Makes knobs that nobody has turned.
    init(clock: ServerClock, feed: StateFeed = StateFeed()) {
        self.clock = clock
        self.feed = feed
        timeline = Timeline(clock: clock)
    }

    /// The server's clock as everybody else sees it.
    var skewedClock: ServerClock { clock.shifted { self.skew } }

    /// How far the clock is moved, in milliseconds.
    var skew: Int64 { table.withLock { $0.skew(at: clock.unixMilliseconds) } }

    /// Breaks what these say, from now on.
    func attach(_ target: FaultTarget) { self.target.withLock { $0 = target } }

    /// Does what is due, until the task is cancelled.
    func run() async { await timeline.run() }

    // MARK: The knobs

    /// Injects a fault.
    ///
    /// - Parameter fault: what goes wrong.
    /// - Returns: the id to clear it by; `nil` for what is done at once and over.
    /// - Throws: ``FaultError``, when there is nothing of the kind to break.
    @discardableResult
    package func inject(_ fault: Fault) async throws -> Int? {
        if fault.name.isDoneAtOnce {
            try await carryOut(fault)
            feed.publish(.faultDone, fault.document)
            return nil
        }
        let entry = try table.withLock { try $0.add(fault, at: clock.unixMilliseconds) }
        feed.publish(.faultSet, entry.document)
        if let until = entry.until {
            timeline.schedule(at: until, .long { await self.removeExpired() })
        }
        await applySettings(of: fault)
        return entry.id
    }

    /// The faults in force, in the order they were injected.
    package var inForce: [JSONValue] {
        let now = clock.unixMilliseconds
        return table.withLock { $0.entries.filter { !$0.hasEnded(at: now) } }.map { .object($0.document) }
    }

    /// Ends a fault; what it keeps back is told.
    ///
    /// - Parameter id: what ``inject(_:)`` gave.
    /// - Returns: whether it was in force.
    @discardableResult
    package func clear(_ id: Int) async -> Bool {
        guard let entry = table.withLock({ $0.remove(id) }) else { return false }
        await end(entry)
        return true
    }

    /// Ends all faults.
    package func clearAll() async {
        for entry in table.withLock(\.entries) { await clear(entry.id) }
    }

    private func removeExpired() async {
        for entry in table.withLock({ $0.removeExpired(at: clock.unixMilliseconds) }) { await end(entry) }
    }

    private func end(_ entry: FaultTable.Entry) async {
        for event in entry.kept.reversed() { event.tell() }
        feed.publish(.faultCleared, entry.document)
        await applySettings(of: entry.fault)
    }

    private func carryOut(_ fault: Fault) async throws {
        guard let target = target.withLock(\.self) else { throw FaultError.notRunning }
        try await target.carryOut(fault, transports: table.withLock(\.transports).filter { $0.fits(fault) })
    }

    // MARK: Settings: limits, and what happens to media

    private func applySettings(of fault: Fault) async {
        guard let target = target.withLock(\.self) else { return }
        if fault.name == .limits { await target.setLimits { self.limits($0) } }
        if fault.name.isOfMedia {
            for transport in table.withLock(\.transports) where transport.fits(fault) {
                await target.impair(transport.id, impairment(of: transport))
            }
        }
    }

    /// The limits that are in force instead of the ordinary ones.
    func limits(_ ordinary: LocalLimits) -> LocalLimits {
        table.withLock { $0.limits(ordinary, at: clock.unixMilliseconds) }
    }

    /// A transport has been opened.
    func opened(_ transportID: String, of owner: TransportOwner) async {
        guard let target = target.withLock(\.self) else { return }
        let transport = FaultTransport(
            id: transportID,
            memberID: owner.memberID,
            memberName: await target.name(ofMember: owner.memberID),
            direction: owner.direction
        )
        table.withLock { $0.transports.append(transport) }
        if let impairment = impairment(of: transport) { await target.impair(transportID, impairment) }
    }

    /// A transport has ended.
    func closed(_ transportID: String) {
        table.withLock { $0.transports.removeAll { $0.id == transportID } }
    }

    private func impairment(of transport: FaultTransport) -> Impairment? {
        table.withLock { $0.impairment(of: transport, at: clock.unixMilliseconds) }
    }

    // MARK: Asked on the way

    /// Lets a fault strike, and tells readers where it was used up.
    func decide<Verdict: Sendable>(_ ask: (inout FaultTable, Int64) -> Verdict) -> Verdict {
        let now = clock.unixMilliseconds
        let (verdict, ended) = table.withLock { table in
            let before = table.entries
            let verdict = ask(&table, now)
            let left = Set(table.entries.map(\.id))
            return (verdict, before.filter { !left.contains($0.id) })
        }
        for entry in ended { feed.publish(.faultCleared, entry.document) }
        return verdict
    }

    /// Does something later, by the server's clock; what is due at the same moment in the order it was asked for.
    func later(_ milliseconds: Int64, _ work: Timeline.Work) {
        timeline.schedule(at: clock.unixMilliseconds + milliseconds, work)
    }
}

extension FaultTable.KeptEvent {
    /// Tells the event to those it is for.
    func tell() {
        for listener in listeners { listener.send(text) }
    }
}

extension FaultTable.Entry {
    /// The fault as it is listed.
    var document: [String: JSONValue] {
        var document = fault.document
        document["id"] = .integer(Int64(id))
        document["hits"] = .integer(Int64(hits))
        document["remaining"] = remaining.map { .integer(Int64($0)) }
        document["until"] = until.map { .integer($0) }
        return document
    }
}
