// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import NIOCore
import NIOSSL
import SwiftASN1
import Synchronization
import X509

/// The files of one certificate.
package struct CertificateFiles: Hashable, Sendable {
    /// The path of the certificate and of those that lead from it to a root, in PEM.
    package var certificate: String
    /// The path of its private key, in PEM.
    package var key: String

    /// Names the files.
    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// The certificates that HTTPS is served with, one for each connection by the name that the client asks for; read again
/// when their files change.
///
/// Files that don't go together, as while one is renewed and the other is not yet, change nothing.
final class ServerCertificates: Sendable {
    /// One certificate with what belongs to it.
    private struct Entry: Sendable {
        var names: [String]
        var chain: [NIOSSLCertificate]
        var key: NIOSSLPrivateKey
    }

    private let files: [CertificateFiles]
    private let entries: Mutex<[Entry]>
    private let logger: Logger
    /// How long before its end a certificate is warned of.
    private static let warningTime: TimeInterval = 14 * 86_400

    /// Reads the files for the first time.
    ///
    /// - Parameters:
    ///   - files: where the certificates are; one at least.
    ///   - logger: where it reports.
    /// - Throws: `CertificateError`.
    init(_ files: [CertificateFiles], logger: Logger) throws {
        self.files = files
        self.logger = logger
        entries = Mutex(try files.map { try Self.read($0, logger) })
    }

    /// What a server needs: TLS 1.2 at least, and for each handshake the certificate that is for the name.
    var configuration: TLSConfiguration {
        let first = entries.withLock { $0[0] }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: first.chain.map { .certificate($0) },
            privateKey: .privateKey(first.key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.sslContextCallback = { values, promise in
            let entry = self.entry(for: values.serverHostname)
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = entry.chain.map { .certificate($0) }
            override.privateKey = .privateKey(entry.key)
            promise.succeed(override)
        }
        return configuration
    }

    /// The certificate for a name, or the first one.
    private func entry(for host: String?) -> Entry {
        entries.withLock { entries in
            entries.first { entry in entry.names.contains { Self.matches($0, host) } } ?? entries[0]
        }
    }

    /// Whether a name of a certificate is that of a host (RFC 9525 §6.3): a star stands for one whole label.
    static func matches(_ name: String, _ host: String?) -> Bool {
        guard let host = host?.lowercased() else { return false }
        let name = name.lowercased()
        guard name.hasPrefix("*.") else { return name == host }
        return host.contains(".") && host.drop { $0 != "." } == name.dropFirst()
    }

    /// Looks for changes of the files until the task is cancelled.
    ///
    /// - Parameter interval: the time between two looks.
    func watch(every interval: Duration) async {
        await FileStamp.watch(files.flatMap { [$0.certificate, $0.key] }, every: interval) {
            do {
                let fresh = try files.map { try Self.read($0, logger) }
                entries.withLock { $0 = fresh }
                logger.info("Certificates read", metadata: ["certificates": "\(fresh.count)"])
            } catch {
                logger.warning(
                    "The certificates can't be read; those from before stay in use",
                    metadata: ["error": "\(error)"]
                )
            }
        }
    }

    private static func read(_ files: CertificateFiles, _ logger: Logger) throws(CertificateError) -> Entry {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(files.certificate)
            guard let leaf = chain.first else {
                throw CertificateError(description: "\(files.certificate) has no certificate.")
            }
            let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
            let configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(key)
            )
            // Refuses a key that is not the certificate's.
            _ = try NIOSSLContext(configuration: configuration)
            let certificate = try Certificate(derEncoded: try leaf.toDERBytes())
            if certificate.notValidAfter.timeIntervalSinceNow < warningTime {
                logger.warning(
                    "A certificate ends soon, or has ended",
                    metadata: [
                        "path": "\(files.certificate)", "ends": "\(certificate.notValidAfter.formatted(.iso8601))",
                    ]
                )
            }
            return Entry(names: names(of: certificate), chain: chain, key: key)
        } catch let error as CertificateError {
            throw error
        } catch {
            throw CertificateError(
                description: "\(files.certificate) and \(files.key) can't be used for TLS: \(error)."
            )
        }
    }

    private static func names(of certificate: Certificate) -> [String] {
        let names = try? certificate.extensions.subjectAlternativeNames
        return names?.compactMap { name in if case .dnsName(let host) = name { host } else { nil } } ?? []
    }
}

/// Why a certificate can't be used; a sentence.
package struct CertificateError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}
