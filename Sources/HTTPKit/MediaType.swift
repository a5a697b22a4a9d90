// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Media types that the project sends and compares.
package enum MediaType {
    package static let sdp = "application/sdp"
    package static let trickleICE = "application/trickle-ice-sdpfrag"
    package static let problem = "application/problem+json"
    package static let json = "application/json"
    package static let eventStream = "text/event-stream"

    /// Whether a `Content-Type` names this type, whatever its parameters and case (RFC 9110 §8.3.1).
    package static func matches(_ contentType: String?, _ expected: String) -> Bool {
        guard let contentType else { return false }
        let essence = contentType.prefix { $0 != ";" }
        let trimmed = essence.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
        return trimmed.lowercased() == expected
    }
}
