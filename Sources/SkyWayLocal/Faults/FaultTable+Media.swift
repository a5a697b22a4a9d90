// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCDriver

/// A transport as faults know it.
struct FaultTransport: Hashable, Sendable {
    let id: String
    let memberID: String
    let memberName: String?
    let direction: TransportOwner.Direction

    /// Whether it is one of those that a fault names; one that names none means all.
    func fits(_ fault: Fault) -> Bool {
        if let id = fault.text(.transport), id != self.id { return false }
        if let member = fault.text(.member), member != memberID, member != memberName { return false }
        guard let direction = fault.text(.direction) else { return true }
        return (direction == "sending") == (self.direction == .sending)
    }
}

extension FaultTable {
    /// What goes wrong on a transport's way; nil for nothing.
    func impairment(of transport: FaultTransport, at now: Int64) -> Impairment? {
        var result: Impairment?
        for entry in entries
        where entry.fault.name.isOfMedia && !entry.hasEnded(at: now) && transport.fits(entry.fault) {
            var impairment = result ?? Impairment()
            impairment.apply(entry.fault)
            result = impairment
        }
        return result
    }
}

extension Impairment {
    /// Adds a fault; of two losses or caps in one direction the later one counts.
    fileprivate mutating func apply(_ fault: Fault) {
        switch fault.name {
        case .ignoreSTUN: ignoresSTUN = true
        case .loseMedia:
            incoming.loss = Self.loss(fault, .incoming) ?? incoming.loss
            outgoing.loss = Self.loss(fault, .outgoing) ?? outgoing.loss
        case .capMedia:
            incoming.rate = Self.rate(fault, .incoming) ?? incoming.rate
            outgoing.rate = Self.rate(fault, .outgoing) ?? outgoing.rate
        default: break
        }
    }

    private static func loss(_ fault: Fault, _ direction: Fault.Field) -> Loss? {
        guard let percent = fault.number(direction) else { return nil }
        return Loss(share: percent / 100, seed: UInt64(fault.integer(.seed) ?? 1))
    }

    /// The field is in kbit/s.
    private static func rate(_ fault: Fault, _ direction: Fault.Field) -> RateCap? {
        guard let rate = fault.number(direction) else { return nil }
        return RateCap(
            bitsPerSecond: UInt64((rate * 1000).rounded()),
            burst: fault.integer(.burst) ?? 0,
            queue: fault.integer(.queue) ?? 0
        )
    }
}
