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
    ///
    /// - Parameter value: one list for each direction, at most (RFC 8853 §5.1).
    /// - Throws: what is wrong with it.
    init?(sendListOf value: Substring) throws(Fault) {
        let fields = value.fields()
        guard !fields.isEmpty, fields.count <= 4, fields.count.isMultiple(of: 2) else { throw .form }
        let directions = stride(from: 0, to: fields.count, by: 2).map { fields[$0] }
        guard directions.allSatisfy({ $0 == "send" || $0 == "recv" }), Set(directions).count == directions.count
        else { throw .form }
        guard let place = directions.firstIndex(of: "send") else { return nil }
        var list = fields[2 * place + 1]
        isEarlyForm = list.hasPrefix("rid=")
        if isEarlyForm { list = list.dropFirst(4) }
        layers = []
        for layer in list.split(separator: ";", omittingEmptySubsequences: false) {
            var alternatives: [Alternative] = []
            for text in layer.split(separator: ",", omittingEmptySubsequences: false) {
                alternatives.append(try Alternative(text))
            }
            layers.append(alternatives)
        }
        let rids = layers.joined().map(\.rid)
        guard Set(rids).count == rids.count else { throw .repeatedRID }
    }
}

extension SDPSimulcast {
    /// What can be wrong with the lines of `a=simulcast` in an m-section.
    package enum Fault: Error, Hashable, Sendable {
        /// The line is not a list of RIDs for each direction.
        case form
        /// An entry of the list is no RID that can be told apart.
        case rid
        /// A RID stands for two layers.
        case repeatedRID
        /// A layer's RID is described by two lines.
        case repeatedDescription
        /// There is more than one line.
        case repeatedLine

        /// What is wrong and what to do, in one sentence.
        package var message: String {
            switch self {
            case .form:
                "The offer's a=simulcast line can't be read; write it like \"a=simulcast:send hi;mid;lo\"."
            case .rid:
                "The offer's a=simulcast line lists what is no RID; name layers by 1 to 16 letters, digits, \"-\", \"_\"."
            case .repeatedRID:
                "The offer's a=simulcast line has a RID twice; give each simulcast layer one of its own."
            case .repeatedDescription:
                "The offer has two a=rid lines for one simulcast layer; describe each layer once."
            case .repeatedLine:
                "The offer has two a=simulcast lines for one track; put all its layers into one."
            }
        }
    }
}

extension SDPSimulcast.Alternative {
    /// Reads one entry of the list.
    fileprivate init(_ text: Substring) throws(SDPSimulcast.Fault) {
        isPaused = text.utf8.first == UInt8(ascii: "~")
        let name = isPaused ? text.dropFirst() : text
        guard SDPRID.isIdentifier(name) else { throw .rid }
        rid = String(name)
    }
}
