// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Gateway
import ServiceLifecycle
import UnixSignals

/// Drains the gateway upon SIGUSR1 and takes publishers again upon SIGUSR2, as HAProxy and coturn know the first.
struct DrainSignals: Service {
    /// What is drained.
    let drain: Gateway.Drain
    /// What the configuration says of draining.
    let request: Gateway.Drain.Request

    func run() async throws {
        for await signal in await UnixSignalsSequence(trapping: .sigusr1, .sigusr2).cancelOnGracefulShutdown() {
            if signal == .sigusr1 { drain.begin(request) } else { drain.end() }
        }
    }
}
