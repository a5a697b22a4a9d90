// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Logging
import RTC
import ServiceLifecycle
import SkyWayLocal

/// A local SkyWay that another one can take the place of, on the same port and with nothing of what was before.
final class ReplaceableSkyWay: Sendable {
    /// The ports of each one, as it begins.
    private let ports: AsyncStream<Int>
    private let starting: AsyncStream<Int>.Continuation
    /// How long nobody is there before the next one begins.
    private let pauses: AsyncStream<Duration>
    private let replacing: AsyncStream<Duration>.Continuation

    init() {
        (ports, starting) = AsyncStream.makeStream()
        (pauses, replacing) = AsyncStream.makeStream()
    }

    /// Waits until one begins.
    ///
    /// - Returns: its port.
    func begins() async -> Int {
        for await port in ports { return port }
        return 0
    }

    /// Ends the one that there is, and waits for the next one.
    ///
    /// - Parameter pause: how long nobody is there.
    func replace(after pause: Duration) async {
        replacing.yield(pause)
        _ = await begins()
    }

    /// Runs one after another until cancelled.
    func run(logger: Logger) async throws {
        var port = 0
        var pauses = pauses.makeAsyncIterator()
        while !Task.isCancelled {
            var configuration = SkyWayLocalConfiguration()
            configuration.port = port
            configuration.media = SkyWayLocalConfiguration.media(port: 0, address: .loopbackIPv4)
            let service = SkyWayLocalService(configuration: configuration, logger: logger)
            let services = ServiceGroup(configuration: .init(services: [service], logger: logger))
            let running = Task { try await services.run() }
            let pause = try await withTaskCancellationHandler {
                port = try await service.boundPort
                starting.yield(port)
                return await pauses.next()
            } onCancel: {
                running.cancel()
            }
            guard let pause else {
                running.cancel()
                _ = await running.result
                return
            }
            // Its sockets break off, as those of a process that is killed.
            _ = try await service.faults.inject(Fault(.refuseSockets, ["seconds": 60, "abrupt": true]))
            _ = try await service.faults.inject(Fault(.dropSockets))
            await services.triggerGracefulShutdown()
            _ = await running.result
            try await Task.sleep(for: pause)
        }
    }
}
