// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// coturn in the namespace `turn` of a stage (layout `relay`): UDP, TCP and TLS on one port, as SkyWay's has it.
struct CoturnServer {
    private static let secret = "a-secret-of-these-tests"
    private static let port = 3478

    private let stage: Stage
    private let options: [String]
    private(set) var process: ChildProcess

    /// Starts a server with a certificate for its address, which is made in the stage's folder.
    ///
    /// - Parameters:
    ///   - stage: where.
    ///   - options: of coturn, besides what it needs.
    /// - Throws: what did not come about.
    init(on stage: Stage, options: [String] = []) async throws {
        self.stage = stage
        self.options = options
        let name = "/CN=turn.test"
        let address = "subjectAltName=IP:\(Namespaces.turnAddress)"
        let make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        let files = ["-keyout", "turn.key", "-out", "turn.pem", "-days", "1", "-subj", name, "-addext", address]
        try await stage.run(make + files, in: .turn)
        process = Self.start(stage, options, as: "coturn")
        try await Self.isReady(process)
    }

    /// What `SkyWayLocal` is started with to name the server.
    static let namedBySkyWay = ["--turn", "\(Namespaces.turnAddress):\(port)", "--turn-secret", secret]

    /// What the gateway is set to: whom to trust, and how to speak to the server.
    ///
    /// - Parameter transport: `udp`, `tcp`, `tls` or `all`.
    /// - Returns: the settings.
    func settings(_ transport: String = "all") -> [String: String] {
        ["SKYWAY_TURN_CA": stage.folder.appending(path: "turn.pem").path, "SKYWAY_TURN_PROTOCOL": transport]
    }

    /// Ends the server without a word to anybody.
    func kill() async throws {
        process.send(SIGKILL)
        _ = try? await process.end(within: .seconds(5))
    }

    /// Starts it again, with nothing of what it knew.
    mutating func restart() async throws {
        process = Self.start(stage, options, as: "coturn-again")
        try await Self.isReady(process)
    }

    private static func start(_ stage: Stage, _ options: [String], as name: String) -> ChildProcess {
        let folder = stage.folder.path
        let command = [
            "turnserver", "-n", "--listening-ip", Namespaces.turnAddress, "--relay-ip", Namespaces.turnAddressForSFU,
            "--listening-port", "\(port)", "--use-auth-secret", "--static-auth-secret", secret, "--realm", "swg.test",
            "--cert", "\(folder)/turn.pem", "--pkey", "\(folder)/turn.key", "--no-cli", "--simple-log",
            "--log-file", "stdout", "--verbose", "--userdb", "\(folder)/turn.db", "--pidfile", "\(folder)/turn.pid",
        ]
        return stage.start(name, in: .turn, command + options)
    }

    private static func isReady(_ process: ChildProcess) async throws {
        _ = try await process.line("that it listens", within: .seconds(10)) { line in
            line.contains("TLS/TCP listener opened") || line.contains("TCP listener opened") ? true : nil
        }
    }

    /// Lines of its log that have a text.
    func log(_ text: String) -> Int { process.output.lines().count { $0.contains(text) } }
}
