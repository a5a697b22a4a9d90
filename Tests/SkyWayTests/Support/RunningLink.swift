// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging

@testable import SkyWay

extension SkyWayLinkRequest {
    /// Runs a link for this request while `body` runs, and stops it whatever happens.
    func runLink(
        _ configuration: SkyWayConfiguration,
        while body: (SkyWayLink) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let link = try await SkyWayLink.make(self, configuration: configuration, clients: .init(), logger: logger)
        async let running: Void = link.run()
        do {
            try await body(link)
        } catch {
            await link.stop()
            throw error
        }
        await link.stop()
        await running
    }
}
