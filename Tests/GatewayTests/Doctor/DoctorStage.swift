// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver
import SkyWayLocal
import Synchronization
import Testing

@testable import Gateway
@testable import SkyWay

/// A set-up for the doctor to look at: a SkyWayLocal on loopback, settings, and a machine that is all right.
struct DoctorStage: Sendable {
    /// The gateway's settings; those that a test does not change are good.
    var settings: Result<GatewayConfiguration, ConfigurationError>
    /// The machine that the doctor believes to be on.
    var machine = DoctorStage.machine
    /// How long each check may take.
    var timeout = Duration.milliseconds(1_500)

    /// A machine without a flaw, whose names are the same each time.
    static var machine: DoctorMachine {
        var machine = DoctorMachine()
        machine.openFiles = { 20_000 }
        machine.buffers = { SocketBuffers(receive: $0, send: $0) }
        machine.addresses = { [.loopbackIPv4, IPAddress(ipv4: 0xC0A8_0114)] }
        machine.isContainer = false
        machine.lookup = HostLookup { name in
            guard name == "localhost" else { throw HostLookupError("Name or service not known") }
            return [.loopbackIPv4]
        }
        machine.suffix = { "a1b2c3d4" }
        return machine
    }

    /// Settings for a SkyWayLocal.
    init(skyWayPort: Int) {
        settings = .success(WholePath.gatewayConfiguration(skyWayPort: skyWayPort))
    }

    /// Changes the settings.
    mutating func configure(_ change: (inout GatewayConfiguration) throws -> Void) rethrows {
        guard case .success(var configuration) = settings else { return }
        try change(&configuration)
        settings = .success(configuration)
    }

    /// Runs a test with a SkyWayLocal in which some things go wrong from the start on.
    static func run(
        faults: [String] = [],
        _ test: @escaping @Sendable (SkyWayLocalService, DoctorStage) async throws -> Void
    ) async throws {
        var local = SkyWayLocalConfiguration()
        local.port = 0
        local.media = SkyWayLocalConfiguration.media(port: 0, address: .loopbackIPv4)
        local.faults = try faults.map { try Fault(words: $0.split(separator: " ").map(String.init)) }
        let skyWay = SkyWayLocalService(configuration: local, logger: WholePath.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await skyWay.run() }
            let port = try await skyWay.boundPort
            try await test(skyWay, DoctorStage(skyWayPort: port))
            group.cancelAll()
            while let ended = await group.nextResult() { _ = ended }
        }
    }

    // MARK: What the doctor says

    /// The doctor's diagnoses.
    func examine() async -> [Diagnosis] {
        await Doctor(settings, machine: machine, timeout: timeout, logger: WholePath.logger).examine()
    }

    /// What the command prints.
    func report() async -> (text: String, diagnoses: [Diagnosis]) {
        let lines = Mutex<[String]>([])
        let text = DiagnosisText()
        let doctor = Doctor(settings, machine: machine, timeout: timeout, logger: WholePath.logger) { progress in
            lines.withLock { lines in
                switch progress {
                case .section(let heading): lines.append((lines.isEmpty ? "" : "\n") + text.heading(heading))
                case .began: break
                case .ended(let diagnosis): lines.append(text.line(diagnosis))
                }
            }
        }
        let diagnoses = await doctor.examine()
        let all = lines.withLock(\.self) + ["", text.summary(diagnoses)]
        return (Self.masked(all.joined(separator: "\n") + "\n"), diagnoses)
    }

    /// A report without what is another number each time.
    static func masked(_ text: String) -> String {
        text.replacing(/\d+(?:\.\d+)? ms/, with: "<time>")
            .replacing(/127\.0\.0\.1:\d{2,5}/, with: "127.0.0.1:<port>")
            .replacing(/localhost:\d{2,5}/, with: "localhost:<port>")
            .replacing(/(port |sport = :)\d{4,5}/) { "\($0.1)<port>" }
            .replacing(/\b(?:599|600|601) s/, with: "600 s")
            .replacing("good for 23 h", with: "good for 24 h")
            .replacing(/\d{4}-\d{2}-\d{2}/, with: "<day>")
    }

    /// Compares what the command prints with the text that is kept of it.
    func expect(_ name: String, problems: [String]) async throws {
        let (text, diagnoses) = await report()
        let url = try #require(Bundle.module.url(forResource: "Expected", withExtension: nil))
        let expected = try? String(contentsOf: url.appending(path: "\(name).txt"), encoding: .utf8)
        #expect(text == expected, "\(name)")
        if text != expected { Attachment.record(text, named: "\(name).txt") }
        #expect(diagnoses.filter { $0.status == .problem }.map(\.check) == problems)
        #expect(diagnoses.allSatisfy { $0.status != .problem || $0.advice != nil })
        #expect(!text.contains(LocalApplication.development.secret) && !text.contains("eyJ"))
    }
}
