// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPTypes
package import Hummingbird
import Logging

/// Lets pages of other origins use a service (CORS, Fetch standard §3.2).
///
/// Unlike Hummingbird's own middleware it also puts its headers on error answers (without them a page does not see
/// the status), and a plain `OPTIONS` reaches its route; so does a preflight, whose answer says what the route says, or
/// just that all is well where there is none.
package struct CrossOriginMiddleware<Context: RequestContext>: RouterMiddleware {
    private let preflight: HTTPFields
    private let exposed: String?
    private let isOffered: @Sendable (Request) -> Bool

    /// Makes the middleware.
    ///
    /// - Parameters:
    ///   - methods: what pages of other origins may do.
    ///   - headers: what they may send.
    ///   - exposed: what they may read.
    ///   - maximumAge: how long a browser may keep the answer to a preflight.
    ///   - isOffered: whether a request is for what is offered to them; others pass untouched.
    package init(
        methods: [HTTPRequest.Method],
        headers: [HTTPField.Name] = [.authorization, .contentType],
        exposed: [HTTPField.Name] = [],
        maximumAge: Duration = .seconds(600),
        isOffered: @escaping @Sendable (Request) -> Bool = { _ in true }
    ) {
        self.isOffered = isOffered
        self.preflight = [
            .accessControlAllowOrigin: "*",
            .accessControlAllowMethods: methods.map(\.rawValue).joined(separator: ", "),
            .accessControlAllowHeaders: headers.map(\.canonicalName).joined(separator: ", "),
            .accessControlMaxAge: "\(maximumAge.components.seconds)",
        ]
        self.exposed = exposed.isEmpty ? nil : exposed.map(\.rawName).joined(separator: ", ")
    }

    package func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard isOffered(request) else { return try await next(request, context) }
        let isPreflight = request.method == .options && request.headers[.accessControlRequestMethod] != nil
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as any HTTPResponseError {
            response = try error.response(from: request, context: context)
        } catch {
            context.logger.error("Request failed", metadata: ["error": "\(error)"])
            response = Problem(.internalServerError).response(from: request, context: context)
        }
        if isPreflight, response.status.kind != .successful { response = Response(status: .noContent) }
        if request.method == .options {
            for field in preflight { response.headers[field.name] = field.value }
        }
        if isPreflight { return response }
        response.headers[.accessControlAllowOrigin] = "*"
        if let exposed { response.headers[.accessControlExposeHeaders] = exposed }
        return response
    }
}
