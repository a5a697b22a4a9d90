// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird
import NIOCore
import RTC
import RTCDriver
import Synchronization
import Testing
import WHIPClient

@Suite("Endpoints that do not publish", .timeLimit(.minutes(1)))
struct RefusalTests {
    /// What an endpoint answers to a POST, and what the publisher makes of it.
    struct Script: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var status: Int
        var headers: HTTPFields = [:]
        var body = ""
        var code: WHIPError.Code
        var message: String
        var isRetryable = false
    }

    /// Why a publication to an endpoint that always answers alike did not begin, and the requests it got.
    private func refusal(
        by answer: @escaping @Sendable (Request) async throws -> Response,
        timeout: Duration = .seconds(10)
    ) async throws -> (error: WHIPError, methods: [HTTPRequest.Method]) {
        let methods = Requests()
        let router = Router()
        for path in ["whip", "s/1"] as [RouterPath] {
            for method in [.get, .post, .delete] as [HTTPRequest.Method] {
                router.on(path, method: method) { request, _ in
                    methods.note(request.method)
                    return try await answer(request)
                }
            }
        }
        let worker = try await MediaWorker.start(.init(address: .loopbackIPv4, port: 0))
        let end = try await withLoopbackServer(router) { address in
            var endpoint = WHIPEndpoint(try #require(WHIPAddress(address + "/whip")))
            endpoint.timeout = timeout
            return await (try publisher(endpoint, worker)).run()
        }
        #expect(worker.load == 0, "no session is left")
        await worker.shutdown()
        guard case .refused(let error) = end else { throw Unexpected(end: end) }
        #expect(end.isRetryable == error.isRetryable)
        return (error, methods.all)
    }

    private func publisher(_ endpoint: WHIPEndpoint, _ worker: MediaWorker.Handle) throws -> WHIPPublisher {
        WHIPPublisher(
            endpoint,
            media: .clip(try SampleClip.short()),
            worker: worker,
            certificate: try #require(ReceivingEndpoint.certificate),
            logger: .silent
        )
    }

    private struct Unexpected: Error { var end: WHIPPublisherEnd }

    @Test(
        "A refusal is told in a sentence with what the problem document says",
        arguments: [
            Script(
                testDescription: "a problem with detail",
                status: 422,
                headers: [.contentType: MediaType.problem],
                body: #"{"type":"about:blank","title":"No codec","detail":"Publish \u001b[2JH264.","status":422}"#,
                code: .refused(status: 422),
                message: "The endpoint refused with 422 Unprocessable Entity: Publish [2JH264."
            ),
            Script(
                testDescription: "a problem with a title alone",
                status: 404,
                headers: [.contentType: "application/problem+json; charset=utf-8"],
                body: #"{"title":"Unknown channel"}"#,
                code: .refused(status: 404),
                message: "The endpoint refused with 404 Not Found: Unknown channel.",
                isRetryable: true
            ),
            Script(
                testDescription: "a problem that is none",
                status: 503,
                headers: [.contentType: MediaType.problem],
                body: "<html>",
                code: .refused(status: 503),
                message: "The endpoint refused with 503 Service Unavailable.",
                isRetryable: true
            ),
            Script(
                testDescription: "a token that is refused",
                status: 401,
                code: .refused(status: 401),
                message: "The endpoint refused with 401 Unauthorized."
            ),
            Script(
                testDescription: "200 in place of 201",
                status: 200,
                headers: [.contentType: MediaType.sdp, .location: "/s/1"],
                body: "v=0\r\n",
                code: .badAnswer,
                message: "The endpoint answered 200 where WHIP has 201 Created."
            ),
            Script(
                testDescription: "201 without Location",
                status: 201,
                headers: [.contentType: MediaType.sdp],
                body: "v=0\r\n",
                code: .badAnswer,
                message: "The endpoint did not say in a Location header where the session is."
            ),
            Script(
                testDescription: "201 with something else than SDP",
                status: 201,
                headers: [.contentType: "text/html", .location: "/s/1"],
                body: "<html>",
                code: .badAnswer,
                message: "The endpoint's answer is not SDP."
            ),
            Script(
                testDescription: "an answer that is too long",
                status: 201,
                headers: [.contentType: MediaType.sdp, .location: "/s/1"],
                body: String(repeating: "a=x\r\n", count: 14_000),
                code: .badAnswer,
                message: "The endpoint's answer is longer than 65536 bytes."
            ),
            Script(
                testDescription: "301",
                status: 301,
                headers: [.location: "/s/1"],
                code: .redirect,
                message: "The endpoint redirects with 301, which loses the offer; it has to be 307 or 308."
            ),
            Script(
                testDescription: "302",
                status: 302,
                headers: [.location: "/s/1"],
                code: .redirect,
                message: "The endpoint redirects with 302, which loses the offer; it has to be 307 or 308."
            ),
            Script(
                testDescription: "307 to nowhere",
                status: 307,
                code: .redirect,
                message: "The endpoint redirects to nowhere, or from https to http."
            ),
        ]
    )
    func refused(script: Script) async throws {
        let (error, methods) = try await refusal { _ in
            Response(
                status: .init(code: script.status),
                headers: script.headers,
                body: ResponseBody(byteBuffer: ByteBuffer(string: script.body))
            )
        }
        #expect(error == WHIPError(script.code, ""))
        #expect(error.message == script.message)
        #expect(error.isRetryable == script.isRetryable)
        #expect(methods == [.post], "nothing is deleted that was not made, and no POST becomes a GET")
    }

    @Test("Redirections in a circle are given up")
    func circle() async throws {
        let (error, methods) = try await refusal { _ in
            Response(status: .temporaryRedirect, headers: [.location: "/whip"])
        }
        #expect(error == WHIPError(.redirect, ""))
        #expect(methods.count == 6)
    }

    @Test("A session whose answer can't be used is deleted")
    func unusableAnswer() async throws {
        let (error, methods) = try await refusal { request in
            guard request.method == .post else { return Response(status: .ok) }
            return Response(
                status: .created,
                headers: [.contentType: MediaType.sdp, .location: "/s/1"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"))
            )
        }
        #expect(error == WHIPError(.badAnswer, ""))
        #expect(error.message.hasPrefix("The endpoint's answer can't be used: "))
        #expect(methods == [.post, .delete])
    }

    @Test("Retry-After is kept")
    func retryAfter() async throws {
        let (error, _) = try await refusal { _ in
            Response(status: .serviceUnavailable, headers: [.retryAfter: "7"])
        }
        #expect(error.retryAfter == .seconds(7))
        #expect(error.isRetryable)
    }

    @Test("An endpoint that does not answer is given up in time")
    func silence() async throws {
        let (error, _) = try await refusal(
            by: { _ in
                try await Task.sleep(for: .seconds(60))
                return Response(status: .ok)
            },
            timeout: .milliseconds(200)
        )
        #expect(error == WHIPError(.timedOut, ""))
        #expect(error.isRetryable)
    }

    @Test("A port that nobody listens on is said to be unreachable")
    func unreachable() async throws {
        let worker = try await MediaWorker.start(.init(address: .loopbackIPv4, port: 0))
        // A port that was free a moment ago.
        let address = try await withLoopbackServer(Router()) { $0 }
        var endpoint = WHIPEndpoint(try #require(WHIPAddress(address + "/whip")))
        endpoint.timeout = .seconds(5)
        let end = await (try publisher(endpoint, worker)).run()
        guard case .refused(let error) = end else { throw Unexpected(end: end) }
        #expect(error == WHIPError(.unreachable, ""))
        #expect(error.message == "The WHIP endpoint \(address)/whip can't be reached: Connection refused.")
        await worker.shutdown()
    }

    @Test("A publication that is stopped while it waits for the answer has stopped, not failed")
    func stoppedEarly() async throws {
        let worker = try await MediaWorker.start(.init(address: .loopbackIPv4, port: 0))
        let (asked, continuation) = AsyncStream<Void>.makeStream()
        let router = Router()
        router.post("whip") { _, _ in
            continuation.yield()
            try await Task.sleep(for: .seconds(60))
            return HTTPResponse.Status.ok
        }
        let end = try await withLoopbackServer(router) { address in
            let publisher = try publisher(WHIPEndpoint(try #require(WHIPAddress(address + "/whip"))), worker)
            let run = Task { await publisher.run() }
            var iterator = asked.makeAsyncIterator()
            await iterator.next()
            run.cancel()
            return await run.value
        }
        #expect(end == .stopped)
        await worker.shutdown()
    }
}

/// The methods of the requests that came.
private final class Requests: Sendable {
    private let methods = Mutex<[HTTPRequest.Method]>([])

    var all: [HTTPRequest.Method] { methods.withLock { $0 } }

    func note(_ method: HTTPRequest.Method) { methods.withLock { $0.append(method) } }
}
