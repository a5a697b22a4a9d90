// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver
import Synchronization

/// A gateway and a SkyWayLocal on loopback, on ports of their own, and what carries the media of publishers.
struct LoadStage: Sendable {
    let gateway: ChildProcess
    /// SkyWayLocal's address.
    let skyWay: String
    private let local: RunningSkyWay
    /// The gateway's address to publish at, without a room.
    let whip: String
    let worker: MediaWorker.Handle

    /// Runs `body` beside both.
    static func run<Measured>(_ body: (LoadStage) async throws -> Measured) async throws -> Measured {
        let folder = Machine.checkout.appending(path: ".artifacts/EndToEnd/load")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let local = RunningSkyWay(keeping: folder)
        do {
            let port = try await local.start()
            let gateway = Self.gateway(towards: port, keeping: folder)
            do {
                let whip = try await Self.port(of: gateway, after: "whip=http://127.0.0.1:")
                let worker = try await MediaWorker.start(MediaWorkerConfiguration(address: .loopbackIPv4, port: 0))
                let stage = LoadStage(
                    gateway: gateway,
                    skyWay: "http://127.0.0.1:\(port)",
                    local: local,
                    whip: "http://127.0.0.1:\(whip)/whip",
                    worker: worker
                )
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

    /// Kills SkyWayLocal, and starts another one in its place that knows of nothing.
    func restartSkyWay() async throws {
        await local.kill()
        _ = try await local.start()
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

    fileprivate static func port(of process: ChildProcess, after word: String) async throws -> String {
        try await process.line("where it listens", within: .seconds(20)) { line in
            line.firstRange(of: word).map { String(line[$0.upperBound...].prefix { $0.isNumber }) }
        }
    }
}

/// The SkyWayLocal of a stage, which may be another one each time it is started, at the same port.
private actor RunningSkyWay {
    private let folder: URL
    private var process: ChildProcess?
    private var port = "0"
    private var starts = 0

    init(keeping folder: URL) { self.folder = folder }

    /// Starts it; the port of its HTTP.
    func start() async throws -> String {
        starts += 1
        let process = ChildProcess(
            "local-\(starts)",
            command: [Machine.gatewayBinary, "local", "--port", port, "--media-port", "0", "--announce", "127.0.0.1"],
            in: folder,
            keeping: folder
        )
        self.process = process
        port = try await LoadStage.port(of: process, after: "listening on 127.0.0.1:")
        return port
    }

    func kill() async {
        process?.send(SIGKILL)
        _ = try? await process?.end(within: .seconds(5))
    }

    func stop() async { await process?.stop() }
}
