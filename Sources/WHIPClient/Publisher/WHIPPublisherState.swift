// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTCCrypto

/// Where a publication stands.
package enum WHIPPublisherState: Sendable {
    /// The offer is on its way, or the transport is being made.
    case connecting
    /// Media flows to the session at this address.
    case publishing(WHIPAddress)
    /// It is over.
    case ended(WHIPPublisherEnd)
}

/// The one reason for which a publication ended.
package enum WHIPPublisherEnd: Hashable, Sendable {
    /// Its owner stopped it.
    case stopped
    /// It never began.
    case refused(WHIPError)
    /// The endpoint answered, but no connection came about.
    case notConnected
    /// The two sides could not agree on keys.
    case notSecured(DTLSFailure)
    /// The endpoint ended it.
    case endedByPeer
    /// Nothing came from the endpoint any more.
    case lost
    /// The media came to its end.
    case mediaEnded
    /// The media could not be played any further.
    case mediaFailed(WHIPError)

    /// Whether publishing the same again may succeed without anybody changing anything here.
    package var isRetryable: Bool {
        switch self {
        case .stopped, .mediaEnded, .mediaFailed: false
        case .refused(let error): error.isRetryable
        case .notConnected, .notSecured, .endedByPeer, .lost: true
        }
    }
}

extension WHIPPublisherEnd: CustomStringConvertible {
    /// The reason in a sentence.
    package var description: String {
        switch self {
        case .stopped: "Stopped."
        case .refused(let error), .mediaFailed(let error): error.message
        case .notConnected: "The endpoint answered, but no packet comes through to the address that it gave."
        case .notSecured(let failure): "The connection could not be secured: \(failure)."
        case .endedByPeer: "The endpoint ended the session."
        case .lost: "Nothing comes from the endpoint any more."
        case .mediaEnded: "The media came to its end."
        }
    }
}
