// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("HTTPS", .timeLimit(.minutes(1)))
struct SecureServerTests {
    /// Asks a gateway by a name, and takes one certificate alone.
    private func ask(
        _ path: WholePath,
        as host: String,
        trusting certificate: TestCertificate,
        _ version: HTTPClient.Configuration.HTTPVersion = .automatic,
        offer: String? = nil
    ) async throws -> HTTPClientResponse {
        var configuration = HTTPClient.Configuration(tlsConfiguration: try certificate.trust)
        configuration.dnsOverride = [host: "127.0.0.1"]
        configuration.httpVersion = version
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
        let url = "https://\(host):\(path.gatewayPort)" + (offer == nil ? "/health" : "/whip/studio")
        var request = HTTPClientRequest(url: url)
        if let offer {
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/sdp")
            request.body = .bytes(ByteBuffer(string: offer))
        }
        do {
            let response = try await client.execute(request, timeout: .seconds(10))
            _ = try await response.body.collect(upTo: 1 << 20)
            try await client.shutdown()
            return response
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    @Test("A publisher is answered over TLS, by HTTP/1.1 and by HTTP/2")
    func versions() async throws {
        try await TemporaryFolder.with { folder in
            let certificate = try TestCertificate(["gateway.test"])
            try certificate.write(to: folder, as: "gateway")
            try await WholePath.run {
                $0.certificates = [folder.certificateFiles("gateway")]
            } _: { path in
                let old = try await ask(
                    path,
                    as: "gateway.test",
                    trusting: certificate,
                    .http1Only,
                    offer: Offers.obs()
                )
                #expect(old.status == .created)
                #expect(old.version == .http1_1)
                let new = try await ask(path, as: "gateway.test", trusting: certificate, offer: Offers.obs())
                #expect(new.status == .created)
                #expect(new.version == .http2)
                #expect(new.headers.first(name: "location")?.hasPrefix("/whip/sessions/") == true)
                // Without TLS there is no answer.
                await #expect(throws: (any Error).self) {
                    try await path.request("GET", "http://127.0.0.1:\(path.gatewayPort)/health")
                }
            }
        }
    }

    @Test("Each name gets its certificate, and a name that has none the first one")
    func names() async throws {
        try await TemporaryFolder.with { folder in
            let first = try TestCertificate(["first.test"])
            let second = try TestCertificate(["second.test", "*.wild.test"])
            try first.write(to: folder, as: "first")
            try second.write(to: folder, as: "second")
            try await WholePath.run {
                $0.certificates = ["first", "second"].map { folder.certificateFiles($0) }
            } _: { path in
                for (host, certificate) in [("first.test", first), ("second.test", second), ("a.wild.test", second)] {
                    let response = try await ask(path, as: host, trusting: certificate)
                    #expect(response.status == .ok)
                }
                for (host, certificate) in [("first.test", second), ("second.test", first), ("a.b.wild.test", second)] {
                    await #expect(throws: (any Error).self) { try await ask(path, as: host, trusting: certificate) }
                }
            }
        }
    }

    @Test("A renewed certificate is served without a new start; one whose key has not come yet is not")
    func renewed() async throws {
        try await TemporaryFolder.with { folder in
            let old = try TestCertificate(["gateway.test"])
            let new = try TestCertificate(["gateway.test"])
            try old.write(to: folder, as: "gateway")
            let lines = LogSecrecyTests.Memory.Lines()
            try await WholePath.run(logger: lines.logger) {
                $0.certificates = [folder.certificateFiles("gateway")]
            } _: { path in
                #expect(try await ask(path, as: "gateway.test", trusting: old).status == .ok)
                try folder.write(new.certificate, to: "gateway.pem")
                while !lines.all.contains("stay in use") { try await Task.sleep(for: .milliseconds(10)) }
                #expect(try await ask(path, as: "gateway.test", trusting: old).status == .ok)
                try folder.write(new.key, to: "gateway.key")
                while !lines.all.contains("Certificates read") { try await Task.sleep(for: .milliseconds(10)) }
                #expect(try await ask(path, as: "gateway.test", trusting: new).status == .ok)
                await #expect(throws: (any Error).self) { try await ask(path, as: "gateway.test", trusting: old) }
            }
        }
    }

    @Test(
        "A name of a certificate is that of a host, or has a star for its first label",
        arguments: [
            ("a.test", "a.test", true), ("a.test", "A.TEST", true), ("a.test", "b.test", false),
            ("*.a.test", "b.a.test", true), ("*.a.test", "a.test", false), ("*.a.test", "c.b.a.test", false),
            ("*", "a", false), ("*.test", nil, false),
        ] as [(String, String?, Bool)]
    )
    func matching(name: String, host: String?, isMatch: Bool) {
        #expect(ServerCertificates.matches(name, host) == isMatch)
    }

    @Test("Files that can't be used are told by their names, and an end that is near is warned of")
    func reading() async throws {
        try await TemporaryFolder.with { folder in
            try TestCertificate(["gateway.test"], days: 3).write(to: folder, as: "short")
            try TestCertificate(["other.test"]).write(to: folder, as: "other")
            let lines = LogSecrecyTests.Memory.Lines()
            _ = try ServerCertificates([folder.certificateFiles("short")], logger: lines.logger)
            #expect(lines.all.contains("ends soon"))
            let mixed = CertificateFiles(certificate: folder.file("short.pem"), key: folder.file("other.key"))
            for files in [mixed, folder.certificateFiles("missing")] {
                let error = #expect(throws: CertificateError.self) {
                    try ServerCertificates([files], logger: lines.logger)
                }
                #expect(error?.description.contains(files.certificate) == true)
            }
        }
    }
}
