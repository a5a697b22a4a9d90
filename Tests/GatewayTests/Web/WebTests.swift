// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdTesting
import NIOCore
import SkyWay
import Testing

@testable import Gateway

@Suite("Pages and what they ask")
struct WebTests {
    @Test(
        "Pages and modules come with their types",
        arguments: [
            ("/", "text/html"), ("/publish", "text/html"), ("/watch/studio", "text/html"),
            ("/assets/style.css", "text/css"), ("/assets/api.js", "text/javascript"),
            ("/assets/index.js", "text/javascript"), ("/assets/watch.js", "text/javascript"),
            ("/assets/publish.js", "text/javascript"), ("/assets/session.js", "text/javascript"),
            ("/assets/text.js", "text/javascript"),
        ]
    )
    func pages(path: String, type: String) async throws {
        try await GatewayFixture.run { gateway in
            let page = try await gateway.send(.get, path)
            #expect(page.status == .ok)
            #expect(page.headers[.contentType] == "\(type); charset=utf-8")
            #expect(page.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
            #expect(page.headers[.xContentTypeOptions] == "nosniff")
            #expect(page.body.readableBytes > 500)
            let again = try await gateway.send(.get, path, headers: [.ifNoneMatch: page.headers[.eTag] ?? ""])
            #expect(again.status == .notModified)
            #expect(again.body.readableBytes == 0)
        }
    }

    @Test("What is not there is told by a problem document", arguments: ["/assets/none.js", "/none"])
    func missing(path: String) async throws {
        try await GatewayFixture.run { gateway in
            let response = try await gateway.send(.get, path)
            #expect(response.status == .notFound)
            #expect(response.headers[.contentType] == "application/problem+json")
        }
    }

    @Test("The pages are told where to publish and to watch")
    func configuration() async throws {
        try await GatewayFixture.run(GatewaySetup(configure: { $0.whep = ":8081/whep" })) { gateway in
            let response = try await gateway.send(.get, "/api/v1/config")
            let text = String(buffer: response.body)
            #expect(text.contains(#""whep":":8081/whep""#))
            #expect(text.contains(#""whip":"/whip""#))
            #expect(text.contains(#""auth":false"#))
        }
        try await GatewayFixture.run { gateway in
            let response = try await gateway.send(.get, "/api/v1/config")
            #expect(String(buffer: response.body).contains(#""whep":null"#))
        }
    }

    @Test("What is on the air is told without saying who publishes it")
    func onAir() async throws {
        try await GatewayFixture.run { gateway in
            _ = try await gateway.post(authorization: "Bearer hush")
            let response = try await gateway.send(.get, "/api/v1/live")
            #expect(response.headers[.contentType] == "application/json")
            let pattern = /{"broadcasts":\[{"channel":"studio","since":"[0-9T:-]+Z","state":"connecting"}\]}/
            #expect(try pattern.wholeMatch(in: String(buffer: response.body)) != nil)
        }
    }

    @Test("The board tells each observer what there is and what changes, and bounds their number")
    func board() async throws {
        let board = StatusBoard(observerLimit: 1)
        let live = LiveBoard(board)
        var report = BroadcastReport.example()
        var changes: AsyncStream<[LiveBoard.Entry]>? = live.observe()
        #expect(live.observe() == nil)
        var iterator = changes?.makeAsyncIterator()
        #expect(await iterator?.next() == [])
        board.update(report)
        #expect(await iterator?.next()?.map(\.state) == [.connecting])
        report.publisher.address = "192.0.2.9"
        board.update(report)
        report.status = .live
        board.update(report)
        #expect(await iterator?.next()?.map(\.state) == [.live])
        report.status = .ended(.deleted)
        board.update(report)
        #expect(await iterator?.next() == [])
        iterator = nil
        changes = nil
        #expect(live.observe() != nil)
    }
}
