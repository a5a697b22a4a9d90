// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver

/// A gateway and a SkyWayLocal on loopback, on ports of their own, and what carries the media of publishers.
struct LoadStage {
    let gateway: ChildProcess
    /// The gateway's address to publish at, without a room.
    let whip: String
    let worker: MediaWorker.Handle

    /// Runs `body` beside both.
    static func run<Measured>(_ body: (LoadStage) async throws -> Measured) async throws -> Measured {
        let folder = Machine.checkout.appending(path: ".artifacts/EndToEnd/load")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let local = ChildProcess(
            "local",
            command: [Machine.gatewayBinary, "local", "--port", "0", "--media-port", "0", "--announce", "127.0.0.1"],
            in: folder,
            keeping: folder
        )
        do {
            let port = try await Self.port(of: local, after: "listening on 127.0.0.1:")
            let gateway = Self.gateway(towards: port, keeping: folder)
            do {
                let whip = try await Self.port(of: gateway, after: "whip=http://127.0.0.1:")
                let worker = try await MediaWorker.start(MediaWorkerConfiguration(address: .loopbackIPv4, port: 0))
                let stage = LoadStage(gateway: gateway, whip: "http://127.0.0.1:\(whip)/whip", worker: worker)
                let measured = try await body(stage)
                await worker.shutdown()
                await gateway.stop()
                await local.stop()
                return measured
            } catch {
                await gateway.stop()
                throw error
            }
        } catch {
            await local.stop()
            throw error
        }
    }

    /// A gateway whose limits don't hold anybody back who comes from one address.
    private static func gateway(towards port: String, keeping folder: URL) -> ChildProcess {
        ChildProcess(
            "gateway",
            command: [
                Machine.gatewayBinary, "serve", "--port", "0", "--media-port", "0", "--announce", "127.0.0.1",
                "--skyway-host", "127.0.0.1:\(port)", "--insecure", "--create-rooms", "--max-sessions", "2000",
                "--posts-per-address", "0", "--session-requests-per-address", "0", "--trusted-proxies", "127.0.0.1",
            ],
            environment: Stage.credentials,
            in: folder,
            keeping: folder
        )
    }

    private static func port(of process: ChildProcess, after word: String) async throws -> String {
        try await process.line("where it listens", within: .seconds(20)) { line in
            line.firstRange(of: word).map { String(line[$0.upperBound...].prefix { $0.isNumber }) }
        }
    }
}
