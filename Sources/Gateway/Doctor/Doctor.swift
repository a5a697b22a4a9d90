// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
package import Logging
import RTC
import RTCDriver
import SkyWay

/// Looks at everything a gateway needs, from this machine to the SFU, and says what is wrong and what to do.
///
/// It does what `serve` does, with the same settings and the same code: the last part is a broadcast without a
/// publisher, in a room of its own. Each check has a limit of time; one that depends on another that failed is skipped.
package actor Doctor {
    /// What is told while it works.
    package enum Progress: Sendable {
        /// What follows belongs under another heading.
        case section(String)
        /// A check has begun.
        case began(check: String)
        /// It is done.
        case ended(Diagnosis)
    }

    let settings: Result<GatewayConfiguration, ConfigurationError>
    let machine: DoctorMachine
    let timeout: Duration
    let logger: Logger
    let clients = SkyWayLink.Clients()
    private let report: @Sendable (Progress) -> Void
    private var section = ""
    private var diagnoses: [Diagnosis] = []
    /// Which hosts answer by HTTP.
    var answering: Set<SkyWayHost> = []
    /// What the last dated answer has told of SkyWay's clock: how far ours is ahead, in seconds.
    var clockDifference: Double?
    /// Carries the session with the SFU.
    var worker: MediaWorker.Handle?
    /// What of our publications viewers can find by now.
    var relays: Set<MediaKind> = []
    /// Wakes whoever waits for them.
    let relayNews: AsyncStream<Void>
    let relayChanged: AsyncStream<Void>.Continuation

    /// Makes a doctor.
    ///
    /// - Parameters:
    ///   - settings: what `serve` would run with, or why it could not be read.
    ///   - machine: the machine it runs on.
    ///   - timeout: the longest that one check takes, about.
    ///   - logger: where what it uses reports.
    ///   - report: told what is being done, in order.
    package init(
        _ settings: Result<GatewayConfiguration, ConfigurationError>,
        machine: DoctorMachine = DoctorMachine(),
        timeout: Duration = .seconds(5),
        logger: Logger,
        report: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.settings = settings
        self.machine = machine
        self.timeout = timeout
        self.logger = logger
        self.report = report
        (relayNews, relayChanged) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Makes all checks.
    ///
    /// - Returns: what each has found, in order.
    package func examine() async -> [Diagnosis] {
        begin("This machine")
        await check("Settings") { settingsFinding() }
        guard case .success(let configuration) = settings else {
            for (heading, name) in [("SkyWay", "Hosts"), ("Account", "Token"), ("A broadcast", "Room")] {
                begin(heading)
                await check(name) { .skipped("the settings can't be read") }
            }
            return diagnoses
        }
        await checkMachine(configuration)
        await checkHosts(configuration)
        await checkAccount(configuration)
        return diagnoses
    }

    // MARK: Making checks

    /// Puts what follows under a heading.
    func begin(_ heading: String) {
        section = heading
        report(.section(heading))
    }

    /// Makes a check and notes what it has found.
    ///
    /// - Parameters:
    ///   - name: what is looked at.
    ///   - body: looks.
    /// - Returns: whether it can be used.
    @discardableResult
    func check(_ name: String, _ body: () async -> Finding) async -> Bool {
        report(.began(check: name))
        let finding = await body()
        let diagnosis = Diagnosis(
            section: section,
            check: name,
            status: finding.status,
            detail: finding.detail,
            advice: finding.advice
        )
        diagnoses.append(diagnosis)
        report(.ended(diagnosis))
        return finding.isUsable
    }

    /// Runs an operation within the limit of a check.
    ///
    /// - Parameter operation: what to do; it is cancelled when its time is over.
    /// - Returns: its result.
    /// - Throws: what it throws, also where it is cancelled; `DoctorTimeout` where that says nothing.
    func limited<Success: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        let limit = timeout
        return try await withThrowingTaskGroup(of: Success?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                // Ends early where it is cancelled.
                try? await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            if let first = try await group.next(), let result = first { return result }
            group.cancelAll()
            do {
                if let last = try await group.next(), let result = last { return result }
            } catch let error as SkyWayError where error.code != .stopped {
                throw error
            } catch {
                throw DoctorTimeout(limit: limit)
            }
            throw DoctorTimeout(limit: limit)
        }
    }

    private func settingsFinding() -> Finding {
        switch settings {
        case .failure(let error):
            return .problem(error.description, advice: "docs/configuration.md says what each setting may be.")
        case .success(let configuration):
            let room = configuration.channel.map { "plain /whip publishes in \($0.text)" }
            return .ok("read; \(room ?? "no room for plain /whip")")
        }
    }
}

/// Nothing came in the time of a check.
struct DoctorTimeout: Error, CustomStringConvertible {
    let limit: Duration

    var description: String { "no answer within \(limit.seconds) s" }
}

extension Duration {
    /// Seconds, without decimals that say nothing.
    var seconds: String {
        let seconds = self / .seconds(1)
        return seconds == seconds.rounded() ? "\(Int(seconds))" : String(format: "%.1f", seconds)
    }

    /// Milliseconds, with a decimal where there are few.
    var milliseconds: String {
        let milliseconds = self / .milliseconds(1)
        return milliseconds < 10 ? String(format: "%.1f ms", milliseconds) : "\(Int(milliseconds.rounded())) ms"
    }
}
