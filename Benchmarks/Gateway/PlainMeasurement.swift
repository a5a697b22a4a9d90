// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import Foundation
import RTCCrypto

/// The way through the floor, or straight to the sink: the same traffic as plain SRTP.
final class PlainMeasurement {
    let control = TrafficControl()
    let log = DeliveryLog()
    /// The floor; `nil` on the direct way.
    let server: ServerProcess?

    private let sender: PlainSender
    private let receiver: PlainReceiver
    private let tasks: [Task<Void, any Error>]

    /// Starts sink, floor and sender.
    ///
    /// - Parameters:
    ///   - publishers: how many publishers.
    ///   - profile: how packets are protected.
    ///   - consumers: how many get each packet; none for one sink.
    ///   - floor: the program; `nil` sends straight to the sink.
    ///   - folder: where the keys and the floor's counters go.
    /// - Throws: what keeps them from starting.
    init(publishers: Int, profile: SRTPProfile, consumers: Int = 0, floor: String?, folder: URL) async throws {
        let path = PlainPath(
            publishers: publishers,
            profile: profile,
            isForwarded: floor != nil,
            consumers: consumers
        )
        receiver = try PlainReceiver(path, log: log)
        var port = receiver.ports[0]
        if let floor {
            let keys = folder.appendingPathComponent("bench-floor.keys")
            try path.keyFile(ports: receiver.ports).write(to: keys, atomically: true, encoding: .utf8)
            let server = try ServerProcess(
                floor,
                ["0", keys.path],
                log: folder.appendingPathComponent("bench-floor.log")
            )
            guard let bound = UInt16(try await server.value(after: "ready ")) else {
                throw BenchmarkError("The floor told no port.")
            }
            port = bound
            self.server = server
        } else {
            server = nil
        }
        sender = PlainSender(path, to: port, control: control)
        tasks = [Task { [receiver] in try await receiver.run() }, Task { [sender] in try await sender.run() }]
    }

    /// Ends everything.
    func close() async {
        sender.stop()
        receiver.stop()
        for task in tasks { _ = try? await task.value }
        await server?.terminate()
    }
}
