// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird
import Logging

/// Tells clients of refusals by problem documents, and the log of those that publishers met.
struct RefusalMiddleware: RouterMiddleware {
    typealias Context = GatewayRequestContext

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let refusal as Refusal {
            let problem = refusal.problem
            context.logger.info(
                "Refused",
                metadata: [
                    "status": "\(problem.status.code)",
                    "problem": "\(problem.type?.dropFirst(Refusal.typePrefix.count) ?? "")",
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
