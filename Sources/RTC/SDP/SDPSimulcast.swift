// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// One `a=rid` line: a layer that may be sent, with what restricts it (RFC 8851 §4).
package struct SDPRID: Hashable, Sendable {
    /// The RTP stream id.
    package var id: String
    /// Which way the layer goes.
    package var isSent: Bool
    /// The payload types it is bound to; `nil` for any of the m-section.
    package var payloadTypes: [UInt8]?
    /// The other restrictions as written, such as `max-width=1280`.
    package var restrictions: [String]

    /// Reads the value of `a=rid`: `1 send [pt=96;max-width=1280]`; `nil` for what can't be read.
    init?(_ value: Substring) {
        let fields = value.fields()
        guard fields.count >= 2, Self.isIdentifier(fields[0]) else { return nil }
        switch fields[1] {
        case "send": isSent = true
        case "recv": isSent = false
        default: return nil
        }
        id = String(fields[0])
        restrictions = []
        for restriction in fields.dropFirst(2).flatMap({ $0.fields(separatedBy: ";") }) {
            if let (name, list) = restriction.cut(at: "="), name == "pt" {
                payloadTypes = list.fields(separatedBy: ",").compactMap { $0.number() }
            } else {
                restrictions.append(String(restriction))
            }
        }
    }

    /// Whether a text can be a RID that we tell apart: letters, digits, `-` and `_` (RFC 8851 §10).
    static func isIdentifier(_ text: Substring) -> Bool {
        (1...ShortIdentifier.capacity).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

/// The layers that an m-section offers to send, in the order of `a=simulcast` (RFC 8853 §5.1).
package struct SDPSimulcast: Hashable, Sendable {
    /// One way to send a layer.
    package struct Alternative: Hashable, Sendable {
        /// The RTP stream id.
        package var rid: String
        /// Whether it is silent at first (`~`).
        package var isPaused: Bool
    }

    /// The layers; each with at least one alternative.
    package var layers: [[Alternative]]
    /// Whether the line has the form of early drafts, `send rid=a;b`, which old Firefox writes and reads.
    package var isEarlyForm: Bool

    /// Reads the list after `send` in the value of `a=simulcast`; `nil` where nothing is sent.
    init?(sendListOf value: Substring) {
        let fields = value.fields()
        guard let place = fields.firstIndex(of: "send"), place + 1 < fields.count else { return nil }
        var list = fields[place + 1]
        isEarlyForm = list.hasPrefix("rid=")
        if isEarlyForm { list = list.dropFirst(4) }
        layers = list.fields(separatedBy: ";").map { layer in
            layer.fields(separatedBy: ",").compactMap { text in
                let isPaused = text.utf8.first == UInt8(ascii: "~")
                let rid = isPaused ? text.dropFirst() : text
                return SDPRID.isIdentifier(rid) ? Alternative(rid: String(rid), isPaused: isPaused) : nil
            }
        }
        guard !layers.isEmpty, layers.allSatisfy({ !$0.isEmpty }) else { return nil }
    }
}
