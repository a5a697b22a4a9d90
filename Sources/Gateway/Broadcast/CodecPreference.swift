// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// The operator's order of codecs, which stands over the router's.
///
/// An order and nothing else: what it does not name comes after it in the router's order, and what the router does not
/// list is not taken.
package struct CodecPreference: Hashable, Sendable {
    /// The names in lower case, best first.
    private let names: [String]

    /// What may be named.
    static let known = ["h264", "vp8", "vp9", "av1", "opus"]

    /// The router's order as it is.
    package static let none = CodecPreference(names: [])

    private init(names: [String]) {
        self.names = names
    }

    /// Reads names separated by commas, such as `h264,vp8`.
    ///
    /// - Parameter text: the text.
    /// - Throws: the first name that is not known.
    package init(_ text: String) throws(UnknownCodec) {
        var names: [String] = []
        for part in text.split(separator: ",") {
            let name = part.filter { $0 != " " }.lowercased()
            guard !name.isEmpty else { continue }
            guard Self.known.contains(name) else { throw UnknownCodec(name: name) }
            if !names.contains(name) { names.append(name) }
        }
        self.init(names: names)
    }

    /// Codecs in the preferred order; those of one name keep theirs.
    ///
    /// - Parameter codecs: what is taken, in the router's order.
    /// - Returns: the same codecs.
    package func ordered(_ codecs: [RTPCodec]) -> [RTPCodec] {
        let named = names.flatMap { name in codecs.filter { $0.isNamed(name) } }
        return named + codecs.filter { codec in !names.contains { codec.isNamed($0) } }
    }
}

/// A name that is no codec of ours.
package struct UnknownCodec: Error, Hashable, Sendable {
    /// The name.
    package var name: String
}
