// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// One `a=extmap` line: an id that stands for a header extension (RFC 8285 §5).
package struct SDPHeaderExtension: Hashable, Sendable {
    /// The id, 1–255 without 15.
    package var id: UInt8
    /// Which way it may be used; `nil` where it goes the way of its m-section.
    package var direction: SDPDirection?
    /// The URI that names the extension.
    package var uri: String

    /// Makes an entry.
    ///
    /// - Parameters:
    ///   - id: the id.
    ///   - direction: which way it may be used, where it is said.
    ///   - uri: the URI that names the extension.
    package init(id: UInt8, direction: SDPDirection? = nil, uri: String) {
        self.id = id
        self.direction = direction
        self.uri = uri
    }

    /// Reads the value of `a=extmap`: `1[/sendonly] URI [attributes]`; `nil` for what can't be used.
    init?(_ value: Substring) {
        let fields = value.fields()
        guard fields.count >= 2 else { return nil }
        let (number, way) = fields[0].cut(at: "/") ?? (fields[0], "")
        guard let id = number.number(as: UInt8.self), id != 0, id != 15 else { return nil }
        self.init(id: id, direction: SDPDirection(rawValue: String(way)), uri: String(fields[1]))
    }

    /// What this project understands it as.
    package var kind: HeaderExtension? { HeaderExtension(uri: uri) }
}
