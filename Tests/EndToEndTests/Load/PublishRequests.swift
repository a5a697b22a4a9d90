// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Makes requests to publish, and ends what comes of them at once.
struct PublishRequests {
    private let whip: String
    private let offer: String
    private let client: HTTPClient

    /// Makes requests with the offer of OBS.
    init(at whip: String) throws {
        self.whip = whip
        let file = Machine.checkout.appending(path: "Tests/RTCTests/Fixtures/offers/obs-30.2-constructed.sdp")
        offer = try String(contentsOf: file, encoding: .utf8)
        var configuration = HTTPClient.Configuration()
        // None waits for the connection of another.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1_000
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }

    /// Makes so many requests, so many a second, each in the next one of the rooms.
    func make(_ count: Int, aSecond rate: Int, in rooms: Int) async throws -> Answers {
        try await withThrowingTaskGroup(of: Result<Duration, StageError>.self) { group in
            let start = ContinuousClock.now
            for number in 0..<count {
                try await Task.sleep(until: start + .seconds(1) * number / rate, clock: .continuous)
                group.addTask { await publish(in: "load-\(number % rooms)") }
            }
            var answers = Answers()
            for try await answer in group { answers.add(answer) }
            return answers
        }
    }

    func end() async throws { try await client.shutdown() }

    private func publish(in room: String) async -> Result<Duration, StageError> {
        do {
            var request = HTTPClientRequest(url: "\(whip)/\(room)")
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/sdp")
            request.body = .bytes(ByteBuffer(string: offer))
            let began = ContinuousClock.now
            let response = try await client.execute(request, timeout: .seconds(20))
            let body = String(buffer: try await response.body.collect(upTo: 1 << 16))
            let time = ContinuousClock.now - began
            guard response.status == .created, let path = response.headers.first(name: "location") else {
                return .failure(StageError("\(response.status.code): \(body.prefix(200))"))
            }
            let status = try await delete(path)
            return status == 200 ? .success(time) : .failure(StageError("DELETE: \(status)"))
        } catch {
            return .failure(StageError("\(error)"))
        }
    }

    private func delete(_ path: String) async throws -> UInt {
        guard let base = URL(string: whip), let url = URL(string: path, relativeTo: base) else { return 0 }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = .DELETE
        return try await client.execute(request, timeout: .seconds(20)).status.code
    }
}
