// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOSSL
import SwiftASN1
import X509

/// What can be said of a certificate that is not trusted.
struct CertificateReview {
    private let certificate: Certificate

    /// Reads a certificate in DER.
    init(der: [UInt8]) throws { certificate = try Certificate(derEncoded: der) }

    /// Reads the first certificate of a PEM file.
    init(file: String) throws {
        guard let leaf = try NIOSSLCertificate.fromPEMFile(file).first else {
            throw CertificateError(description: "\(file) has no certificate.")
        }
        try self.init(der: try leaf.toDERBytes())
    }

    /// When it ends.
    var end: Date { certificate.notValidAfter }

    /// When it ends, in words.
    var ends: String { Self.text(end) }

    /// A day as it is told.
    static func text(_ date: Date) -> String { date.formatted(.iso8601.year().month().day()) }

    /// Why a client refuses it, and what to do.
    ///
    /// - Parameters:
    ///   - host: the name it was to be for.
    ///   - now: our time.
    /// - Returns: a problem.
    func flaw(for host: String, at now: Date) -> Finding {
        if now > certificate.notValidAfter {
            return .problem(
                "the certificate of \(host) has run out on \(ends)",
                advice: "Has this machine the right time? Otherwise whoever runs \(host) has to renew it."
            )
        }
        if now < certificate.notValidBefore {
            return .problem(
                "the certificate of \(host) is good from \(Self.text(certificate.notValidBefore)) on only",
                advice: "Set this machine's clock: \"timedatectl set-ntp true\"."
            )
        }
        guard names.isEmpty || names.contains(where: { Self.fits($0, host) }) else {
            return .problem(
                "the certificate is for \(names.prefix(3).joined(separator: ", ")), not for \(host)",
                advice: "Name the host as its certificate does; or a proxy between is answering in its place."
            )
        }
        let issuer = certificate.issuer == certificate.subject ? "itself" : "\"\(certificate.issuer)\""
        return .problem(
            "the certificate of \(host) is signed by \(issuer), which this machine does not trust",
            advice: """
                Install ca-certificates if it is missing; where a proxy opens TLS, or the server is your own, add its root \
                certificate with "update-ca-certificates".
                """
        )
    }

    private var names: [String] {
        let names = try? certificate.extensions.subjectAlternativeNames
        return names?.compactMap { name in if case .dnsName(let host) = name { host } else { nil } } ?? []
    }

    /// Whether a name of a certificate covers a host (RFC 6125 §6.4.3).
    private static func fits(_ name: String, _ host: String) -> Bool {
        let (name, host) = (name.lowercased(), host.lowercased())
        guard name.hasPrefix("*.") else { return name == host }
        return host.split(separator: ".").dropFirst().joined(separator: ".") == name.dropFirst(2)
    }
}
