// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import SkyWayLocal

@Suite("The studio's routes")
struct StudioRouteTests {
    private static func get(
        _ path: String,
        headers: HTTPFields = [:],
        configure: (inout SkyWayLocalConfiguration) -> Void = { _ in }
    ) async throws -> TestResponse {
        var configuration = SkyWayLocalConfiguration()
        configure(&configuration)
        let router = Router()
        StudioRoutes(configuration).add(to: router)
        let application = Application(router: router)
        return try await application.test(.router) { try await $0.execute(uri: path, method: .get, headers: headers) }
    }

    private static func json(_ response: TestResponse) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(response.body.readableBytesView))
    }

    @Test(
        "Page, style and modules come with their types and a policy, and again only when they have changed",
        arguments: [
            ("/studio", "text/html"), ("/studio/studio.css", "text/css"), ("/studio/studio.js", "text/javascript"),
            ("/studio/engine-builtin.js", "text/javascript"), ("/studio/engine-sdk.js", "text/javascript"),
        ]
    )
    func files(path: String, type: String) async throws {
        let page = try await Self.get(path)
        #expect(page.status == .ok)
        #expect(page.headers[.contentType] == "\(type); charset=utf-8")
        #expect(page.headers[.contentSecurityPolicy]?.contains("default-src 'none'; script-src 'self'") == true)
        #expect(page.headers[.xContentTypeOptions] == "nosniff")
        #expect(page.body.readableBytes > 500)
        let again = try await Self.get(path, headers: [.ifNoneMatch: page.headers[.eTag] ?? ""])
        #expect(again.status == .notModified && again.body.readableBytes == 0)
    }

    @Test(
        "What is not there is told",
        arguments: ["/studio/none.js", "/studio/..%2Fstudio.js", "/studio/sdk.js", "/studio/a/b"]
    )
    func missing(path: String) async throws {
        #expect(try await Self.get(path).status == .notFound)
    }

    @Test("The page is told where it is, and the development application")
    func configuration() async throws {
        let response = try await Self.get("/studio/config.json")
        #expect(response.headers[.cacheControl] == "no-store")
        let told = try Self.json(response)
        #expect(told["appId"]?.string == LocalApplication.development.id)
        #expect(told["secret"]?.string == LocalApplication.development.secret)
        #expect(told["sdk"] == .bool(false))
        let hosts = try #require(told["hosts"])
        #expect(Set(["rtcApi", "sfu", "iceParams"].map { hosts[$0]?.string }) == ["localhost"])
    }

    @Test("The secret of any other application stays with the server")
    func otherApplication() async throws {
        let secret = "a secret of somebody's own, 32 bytes"
        let other = try LocalApplication(id: "0a1b2c3d-0000-4000-8000-000000000001", secret: secret)
        let response = try await Self.get("/studio/config.json") { $0.applications = [other] }
        #expect(try Self.json(response)["secret"]?.string?.isEmpty == true)
        #expect(!String(buffer: response.body).contains(secret))
    }

    @Test("The official SDK is served where the server has it")
    func sdk() async throws {
        let script = "var skyway_room = {};"
        let response = try await Self.get("/studio/sdk.js") { $0.sdk = Array(script.utf8) }
        #expect(response.status == .ok && String(buffer: response.body) == script)
        #expect(response.headers[.contentType] == EmbeddedPage.script)
        let told = try Self.json(try await Self.get("/studio/config.json") { $0.sdk = [] })
        #expect(told["sdk"] == .bool(true))
    }
}
