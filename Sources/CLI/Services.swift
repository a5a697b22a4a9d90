// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import UnixSignals

/// A service that says who it is when it fails.
struct NamedService: Service {
    let name: String
    let port: Int
    let option: String
    let service: any Service

    /// Names a service.
    ///
    /// - Parameters:
    ///   - name: who it is, such as "the gateway".
    ///   - port: the TCP port it listens at.
    ///   - option: the option that gives it another one.
    ///   - service: the service.
    init(_ name: String, port: Int, option: String, _ service: any Service) {
        self.name = name
        self.port = port
        self.option = option
        self.service = service
    }

    func run() async throws {
        do {
            try await service.run()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw Failure(error, of: name, port: port, option: option)
        }
    }
}

/// Runs services until SIGINT or SIGTERM.
enum Services {
    /// The longest time for everything to end; what is left then is cut off.
    private static let shutdownLimit: Duration = .milliseconds(4_500)

    /// Runs services, and ends them in reverse order.
    ///
    /// - Parameters:
    ///   - services: in the order in which they depend on each other.
    ///   - logger: where starting and ending is told.
    /// - Throws: why one of them could not start or go on.
    static func run(_ services: [any Service], logger: Logger) async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        var configuration = ServiceGroupConfiguration(
            services: services.map { service in
                ServiceGroupConfiguration.ServiceConfiguration(
                    service: service,
                    successTerminationBehavior: .gracefullyShutdownGroup
                )
            },
            gracefulShutdownSignals: [.sigint, .sigterm],
            logger: quiet
        )
        configuration.maximumGracefulShutdownDuration = shutdownLimit
        try await ServiceGroup(configuration: configuration).run()
    }
}
