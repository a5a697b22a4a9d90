// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import Foundation
import RTC
import RTCCrypto
import RTCDriver
import WHIPClient

/// The way through SkyWayLocal: its release binary in a process of its own, one producer that comes by way of the
/// gateway, and viewers by WHEP in this process, where every packet is checked.
final class FanOutPath {
    let control = TrafficControl()
    let log = DeliveryLog()
    /// SkyWayLocal.
    let server: ServerProcess

    private let gateway: ServerProcess
    private let whep: URL
    private let worker: MediaWorker.Handle
    private let certificate: Certificate
    private let publisher: Task<WHIPPublisherEnd, Never>
    private var viewers: [MediaSession] = []

    /// How many seconds of traffic may pass until all streams come through.
    private static let attempts = 20

    /// Starts SkyWayLocal, the gateway and the publisher.
    ///
    /// - Parameters:
    ///   - program: the program of both.
    ///   - folder: where their logs go.
    /// - Throws: what keeps them from starting.
    init(program: String, folder: URL) async throws {
        let port = try FreePort.find()
        server = try ServerProcess(
            program,
            ["local", "--port", "\(port)", "--media-port", "0", "--announce", "127.0.0.1"],
            log: folder.appendingPathComponent("bench-local.log")
        )
        _ = try await server.value(after: "WHEP")
        guard let whep = URL(string: "http://127.0.0.1:\(port)/whep/bench") else {
            throw BenchmarkError("There is no WHEP address.")
        }
        self.whep = whep
        gateway = try ServerProcess.gateway(program, towards: port, folder: folder)
        worker = try await MediaWorker.start(MediaWorkerConfiguration(address: .loopbackIPv4, port: 0))
        certificate = try Certificate.makeSelfSigned()
        let maker = TrafficPublisher(worker: worker, certificate: certificate, control: control, profiles: nil)
        let publisher = try maker.make(0, at: "\(try await gateway.value(after: "whip="))/bench")
        self.publisher = Task { await publisher.run() }
        guard try await TrafficPublisher.isPublished(publisher, mayRetry: false) else {
            throw BenchmarkError("The publisher ended.")
        }
    }

    /// Lets more viewers come, until there are so many, and waits until media comes to all of them.
    func grow(to count: Int) async throws {
        while viewers.count < count {
            let viewer = viewers.count
            viewers.append(
                try await WHEPConsumer.open(whep, worker: worker, certificate: certificate) { [log] in
                    DeliverySink(log, viewer: viewer)
                }
            )
        }
        let plan = TrafficPlan(publishers: 1, packetsPerSecond: 400)
        try await control.play(plan, until: 2 * count, in: log, attempts: Self.attempts)
        guard log.streams == 2 * count else {
            throw BenchmarkError("Media of only \(log.streams) of \(2 * count) streams comes to the viewers.")
        }
    }

    /// Ends everything.
    func close() async {
        for viewer in viewers { await viewer.close() }
        publisher.cancel()
        _ = await publisher.value
        await gateway.terminate()
        await server.terminate()
        await worker.shutdown()
    }
}

/// A TCP port that nobody has just now.
enum FreePort {
    /// Finds one.
    static func find() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard result == 0 else { throw BenchmarkError("There is no free port.") }
        return Int(UInt16(bigEndian: name.sin_port))
    }
}
