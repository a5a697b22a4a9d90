// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// A connectivity check as a controlling peer writes it.
struct ConnectivityCheck {
    let fragment: String
    let password: String
    var isNominating = false

    /// Writes the check.
    func write(to output: inout OutputRawSpan) {
        let transaction = STUNTransactionID(high: 1, low: UInt64.random(in: 0...UInt64.max))
        let writer = STUNWriter(.request, transaction: transaction, into: &output)
        writer.writeUsername(remote: fragment, local: "mine", to: &output)
        writer.writePriority(1, to: &output)
        writer.writeRole(.controlling(tieBreaker: 1), to: &output)
        if isNominating { writer.writeUseCandidate(to: &output) }
        writer.writeIntegrity(password: password, to: &output)
        writer.writeFingerprint(to: &output)
    }

    /// The check as bytes.
    var bytes: [UInt8] {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 8)
        defer { room.deallocate() }
        var output = OutputRawSpan(buffer: room, initializedCount: 0)
        write(to: &output)
        return Array(room[..<output.finalize(for: room)])
    }
}
