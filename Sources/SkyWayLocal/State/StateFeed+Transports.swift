// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTC

extension StateFeed {
    /// Tells what has happened to a transport, as far as somebody would look at it.
    func publish(_ change: TransportChange) {
        var document: [String: JSONValue] = ["id": .string(change.transportID)]
        switch change.event {
        case .iceState(let state): document["state"] = .string("ice-\(state)")
        case .selected(let address):
            document["state"] = "selected"
            document["remoteAddress"] = .string("\(address)")
        case .connected(let profile):
            document["state"] = "connected"
            document["profile"] = .string("\(profile)")
        case .streamStarted(let stream):
            document["state"] = "stream-started"
            document["ssrc"] = .integer(Int64(stream.ssrc))
            document["encoding"] = .integer(Int64(stream.encoding.rawValue))
        case .closed(let reason):
            document["state"] = "closed"
            document["reason"] = .string("\(reason)")
        case .portClosed, .relay, .keyFrameRequested, .observed, .layers, .pictureSize, .congestion: return
        }
        publish(.transport, document)
    }
}
