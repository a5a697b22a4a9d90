// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Lets faults strike calls of the REST services: the SFU API and ICE parameters.
struct FaultMiddleware: RouterMiddleware {
    let faults: LocalFaults

    /// How long a connection is held whose call is never answered and whose client does not give up.
    private static let longestSilence = Duration.seconds(120)

    func handle(
        _ request: Request,
        context: LocalRequestContext,
        next: @concurrent (Request, LocalRequestContext) async throws -> Response
    ) async throws -> Response {
        guard let name = CallName.rest(method: request.method.rawValue, path: request.uri.path) else {
            return try await next(request, context)
        }
        faults.count(.rest)
        guard let verdict = faults.verdict(onCall: name) else { return try await next(request, context) }
        switch verdict {
        case .fail(let failure):
            return JSONAnswer.failure(failure.refusal)
        case .delay(let milliseconds):
            try await faults.clock.sleep(for: .milliseconds(milliseconds))
            return try await next(request, context)
        case .lose:
            _ = try await next(request, context)
            await silence(on: context.channel)
            throw CancellationError()
        }
    }

    /// Waits until the client gives up, or its time is over; the connection ends without an answer.
    private func silence(on channel: any NIOCore.Channel) async {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await channel.closeFuture.get() }
                group.addTask { [faults] in
                    try? await faults.clock.sleep(for: Self.longestSilence)
                    channel.close(promise: nil)
                }
                await group.next()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            channel.close(promise: nil)
        }
    }
}
