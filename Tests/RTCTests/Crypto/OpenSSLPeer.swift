// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTCCrypto

/// A certificate that the `openssl` program made, and the program as a DTLS peer that uses it.
final class OpenSSLPeer {
    /// The kind of a peer's key.
    enum Key: String, CaseIterable, Sendable {
        case rsa = "rsa:2048"
        case ecdsa = "ec"
    }

    static let program = Tool.path(of: "openssl")
    private let folder: URL

    /// The options of `s_client` and `s_server` that show who they are.
    var certificateArguments: [String] { ["-cert", file("cert.pem"), "-key", file("key.pem")] }

    init(key: Key = .ecdsa) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("openssl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let curve = key == .ecdsa ? ["-pkeyopt", "ec_paramgen_curve:P-256"] : []
        let subject = [
            "-nodes", "-subj", "/CN=peer", "-days", "2", "-keyout", file("key.pem"), "-out", file("cert.pem"),
        ]
        _ = try Tool.run(Self.program, ["req", "-x509", "-newkey", key.rawValue] + curve + subject)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// What `openssl x509` says is the certificate's fingerprint.
    func fingerprint(_ algorithm: HashAlgorithm = .sha256) throws -> CertificateFingerprint {
        let option = "-" + algorithm.rawValue.replacing("-", with: "")
        let output = try Tool.run(Self.program, ["x509", "-in", file("cert.pem"), "-noout", "-fingerprint", option])
        let text = output.split(separator: "=").last.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
        guard let fingerprint = CertificateFingerprint(algorithm: algorithm.rawValue, text: text) else {
            throw CocoaError(.fileReadCorruptFile)
        }
        return fingerprint
    }

    /// Starts `s_client` towards a port; it ends by `Q` and a line feed.
    func client(port: UInt16, _ options: [String] = []) throws -> Tool {
        try Tool(
            Self.program,
            ["s_client", "-dtls1_2", "-connect", "127.0.0.1:\(port)"] + exporter + options,
            keeping: self
        )
    }

    /// Starts `s_server` and says its port; it wants a certificate and ends by `Q` and a line feed.
    func server(_ options: [String] = []) throws -> (tool: Tool, port: UInt16) {
        let tool = try Tool(
            Self.program,
            ["s_server", "-dtls1_2", "-accept", "127.0.0.1:0", "-Verify", "1", "-naccept", "1"] + exporter + options,
            keeping: self
        )
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: .seconds(10))
        while clock.now < deadline {
            if let match = tool.output.firstMatch(of: /ACCEPT 127\.0\.0\.1:(\d+)\n/), let port = UInt16(match.1) {
                return (tool, port)
            }
        }
        throw CocoaError(.executableLoad)
    }

    /// What a peer said that it exported, as our side would cut it.
    static func exportedKeys(in output: String) -> [UInt8]? {
        output.firstMatch(of: /Keying material: ([0-9A-F]+)/).map { Hex.bytes(String($0.1)) }
    }

    private var exporter: [String] { ["-keymatexport", "EXTRACTOR-dtls_srtp"] }

    private func file(_ name: String) -> String { folder.appendingPathComponent(name).path }
}

extension SRTPProfile {
    /// The name that the `openssl` program knows.
    var opensslName: String { self == .aes128CMHMACSHA1_80 ? "SRTP_AES128_CM_SHA1_80" : name }

    /// The options of `s_client` and `s_server` that offer it and export its keys.
    var opensslArguments: [String] {
        ["-use_srtp", opensslName, "-keymatexportlen", String(2 * (keyLength + saltLength))]
    }
}

extension SRTPKeyingMaterial {
    /// The exporter's bytes, put together again (RFC 5764 §4.2).
    func exported(by role: DTLSRole) -> [UInt8] {
        let (client, server) = role == .client ? (local, remote) : (remote, local)
        return client.key + server.key + client.salt + server.salt
    }
}
