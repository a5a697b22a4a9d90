// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird
import Logging

/// Tells clients of refusals by problem documents, and the log and the counters of those that they met.
struct RefusalMiddleware: RouterMiddleware {
    typealias Context = GatewayRequestContext

    /// Counts them.
    let board: StatusBoard

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let refusal as Refusal {
            let problem = refusal.problem
            let name = String(problem.type?.dropFirst(Refusal.typePrefix.count) ?? "")
            board.refused(name)
            context.logger.info(
                "Refused",
                metadata: [
                    "status": "\(problem.status.code)",
                    "problem": "\(name)",
                    "detail": "\(refusal.logDetail)",
                ]
            )
            return problem.response(from: request, context: context)
        } catch let error as HTTPError {
            return Problem(error.status, detail: error.body).response(from: request, context: context)
        }
    }
}

extension Refusal {
    /// What helps the operator; the client is told less of SkyWay.
    fileprivate var logDetail: String {
        if case .skyWay(let error) = self { return "\(error)" }
        return problem.detail ?? ""
    }
}

extension RequestContext {
    /// Finds the request in the log; unlike the context's own id it needs no log handler that keeps metadata.
    var requestID: String { logger[metadataKey: "hb.request.id"].map { "\($0)" } ?? "" }
}
