// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import RTC
import RTCDriver
import Testing

@testable import Gateway

@Suite("Telling of dropped datagrams", .timeLimit(.minutes(1)))
struct DropWatchTests {
    @Test("Many that belong to no session are told in one line, by their cause; few are not")
    func unknownSources() async throws {
        let workers = try await MediaWorkers.start(1, MediaWorkerConfiguration(address: .loopbackIPv4, port: 0))
        let worker = workers.workers[0]
        let lines = LogSecrecyTests.Memory.Lines()
        let watch = DropWatch(workers: workers, logger: lines.logger, interval: .milliseconds(20), threshold: 1_000)
        let running = Task { await watch.run() }
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: Int(worker.port))
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        func send() async throws {
            let junk = AddressedEnvelope(remoteAddress: address, data: ByteBuffer(repeating: 0xFF, count: 100))
            try await channel.writeAndFlush(junk)
        }
        try await send()
        while try await worker.statistics().unknownSources == 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(!lines.all.contains("Many datagrams"))
        while !lines.all.contains("Many datagrams were dropped") {
            for _ in 1...100 { try await send() }
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(lines.all.contains("dropped.unknownSource"))
        running.cancel()
        await running.value
        try await channel.close()
        await workers.shutdown()
    }
}
