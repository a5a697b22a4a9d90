// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

/// A session description in typed form, offer or answer.
package struct SDPDescription: Hashable, Sendable {
    /// The media ids of the first `a=group:BUNDLE`, as listed; they need not exist (RFC 9143 §5).
    package var bundle: [String] = []
    /// Whether mixed header extensions are allowed for the whole session.
    package var mixesExtensions = false
    /// Whether the peer only answers connectivity checks (RFC 8839 §5.3).
    package var isLite = false
    /// The m-sections in order, refused ones too.
    package var sections: [SDPMediaSection] = []

    /// Reads a description; what is not known or can't be read is skipped.
    ///
    /// - Parameter bytes: the text.
    /// - Throws: that it is no SDP, or has too much of something.
    package init(parsing bytes: some Collection<UInt8>) throws(SDPError) {
        let document = try SDPDocument(parsing: bytes)
        for attribute in document.attributes {
            switch attribute.name {
            case "group":
                let fields = attribute.value.fields()
                guard fields.first == "BUNDLE", bundle.isEmpty else { continue }
                try SDPLimits.check(fields.count - 2, below: SDPLimits.groups, "media ids in a=group:BUNDLE")
                bundle = fields.dropFirst().map { String($0) }
            case "extmap-allow-mixed": mixesExtensions = true
            case "ice-lite": isLite = true
            default: continue
            }
        }
        for section in document.sections {
            sections.append(try SDPMediaSection(reading: section, inheriting: document.attributes))
        }
        // Without a bundle to be in it says nothing (RFC 9143 §6).
        for index in sections.indices where !bundles(sections[index]) { sections[index].isBundleOnly = false }
    }

    /// The m-sections that are live and carry audio or video, with their places.
    package var tracks: [(index: Int, kind: MediaKind, section: SDPMediaSection)] {
        sections.enumerated().compactMap { index, section in
            guard !section.isRejected, let kind = section.kind else { return nil }
            return (index, kind, section)
        }
    }

    /// Whether a section is listed in the bundle.
    func bundles(_ section: SDPMediaSection) -> Bool {
        guard let mid = section.mid else { return false }
        return bundle.contains(mid)
    }

    /// The sections in the order in which their transport counts: the bundle's list, then the rest.
    private var byTransport: [SDPMediaSection] {
        let live = sections.filter { !$0.isRejected }
        let bundled = bundle.compactMap { mid in live.first { $0.mid == mid } }
        return bundled + live.filter { !bundles($0) }
    }

    /// The credentials of the transport: those of the first section that has any (RFC 9143 §7.1.3).
    var credentials: ICECredentials? { byTransport.lazy.compactMap(\.credentials).first }

    /// The fingerprints of the transport.
    var fingerprints: [CertificateFingerprint] { byTransport.first { !$0.fingerprints.isEmpty }?.fingerprints ?? [] }

    /// Who begins the handshake.
    var setup: SDPSetup? { byTransport.lazy.compactMap(\.setup).first }

    /// The candidates of the section that carries the transport.
    var candidates: [ICECandidate] { byTransport.first { !$0.candidates.isEmpty }?.candidates ?? [] }
}
