// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JWTKit
import NIOSSL
import SwiftASN1
import X509

@testable import Gateway

/// A certificate for some names, signed by itself.
struct TestCertificate: Sendable {
    /// The certificate in PEM.
    let certificate: String
    /// Its key in PEM.
    let key: String

    /// Makes a certificate.
    init(_ names: [String], days: Double = 90) throws {
        key = ES256PrivateKey().pemRepresentation
        let privateKey = try Certificate.PrivateKey(pemEncoded: key)
        let name = try DistinguishedName { CommonName(names[0]) }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: privateKey.publicKey,
            notValidBefore: Date(timeIntervalSinceNow: -60),
            notValidAfter: Date(timeIntervalSinceNow: days * 86_400),
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                SubjectAlternativeNames(names.map { .dnsName($0) })
            },
            issuerPrivateKey: privateKey
        )
        self.certificate = try certificate.serializeAsPEM().pemString
    }

    /// Writes both into a folder, the key first.
    func write(to folder: TemporaryFolder, as name: String) throws {
        try folder.write(key, to: "\(name).key")
        try folder.write(certificate, to: "\(name).pem")
    }

    /// What a client trusts that takes this one alone.
    var trust: TLSConfiguration {
        get throws {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates([
                try NIOSSLCertificate(bytes: Array(certificate.utf8), format: .pem)
            ])
            return configuration
        }
    }
}

extension TemporaryFolder {
    /// The files of a certificate of that name.
    func certificateFiles(_ name: String) -> CertificateFiles {
        CertificateFiles(certificate: file("\(name).pem"), key: file("\(name).key"))
    }
}
