// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Why an agent didn't take a message.
package enum ICEDropReason: UInt8, Error, Hashable, Sendable, CaseIterable {
    /// Not a STUN message, or a broken one.
    case malformed
    /// FINGERPRINT doesn't fit.
    case fingerprintMismatch
    /// Another method than Binding.
    case unknownMethod
    /// An indication, or a response where none was asked for.
    case unexpectedMessage
    /// A request without the fingerprint that is required: 400.
    case missingFingerprint
    /// A request without the priority that is required: 400.
    case missingPriority
    /// A request without user name or integrity: 400.
    case missingCredentials
    /// A request with a user name that is not ours: 401.
    case unknownUsername
    /// Made with another password: 401 where it is a request.
    case integrityMismatch
    /// A request with attributes that must be understood and aren't: 420.
    case unknownAttribute
    /// A request that claims our own role: 487.
    case roleConflict
    /// More requests at once than answers may wait.
    case tooManyRequests
    /// A response to no request of ours, or to one of long ago.
    case unknownTransaction
    /// A response from another address than its request went to.
    case wrongSource
    /// The peer refused our check.
    case refused
}

/// What an agent sent and took, and how often it dropped something for which reason.
package struct ICECounters: Sendable, BitwiseCopyable {
    /// Checks sent.
    package internal(set) var checksSent: UInt64 = 0
    /// Checks of ours that the peer answered.
    package internal(set) var checksAnswered: UInt64 = 0
    /// Requests of the peer that were carried out.
    package internal(set) var requestsAccepted: UInt64 = 0
    /// Error responses sent.
    package internal(set) var refusalsSent: UInt64 = 0
    private var drops: InlineArray<15, UInt64>

    /// Makes counters that stand at zero.
    package init() {
        drops = InlineArray(repeating: 0)
    }

    /// How often messages were dropped for a reason.
    package subscript(_ reason: ICEDropReason) -> UInt64 { drops[Int(reason.rawValue)] }

    mutating func count(_ reason: ICEDropReason) { drops[Int(reason.rawValue)] += 1 }
}
