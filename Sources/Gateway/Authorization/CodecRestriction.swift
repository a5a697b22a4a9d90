// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// Which codecs a publisher may send: of each kind those that are named, or any where none of the kind is.
package struct CodecRestriction: Hashable, Sendable {
    private let names: Set<String>

    /// Any codec.
    package static let none = CodecRestriction(names: [])

    private init(names: Set<String>) {
        self.names = names
    }

    /// Takes names as the operator's order of codecs has them.
    ///
    /// - Parameter names: such as `h264` and `opus`.
    /// - Throws: the first name that is not known.
    package init(_ names: [String]) throws(UnknownCodec) {
        var known: Set<String> = []
        for name in names.map({ $0.lowercased() }) {
            guard CodecPreference.known.contains(name) else { throw UnknownCodec(name: name) }
            known.insert(name)
        }
        self.init(names: known)
    }

    /// The codecs of a list that may be sent, in its order.
    package func allowed(_ codecs: [RTPCodec]) -> [RTPCodec] {
        codecs.filter { codec in
            let ofKind = names.filter { ($0 == "opus") == (codec.kind == .audio) }
            return ofKind.isEmpty || ofKind.contains { codec.isNamed($0) }
        }
    }
}
