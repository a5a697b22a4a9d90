// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import Synchronization

/// Counts requests by method, route and status, and how long their answers took.
///
/// Bounded by what the gateway itself knows: a route is what was added to the router, not what was asked for.
final class RequestMeter: Sendable {
    /// What is told apart.
    struct Key: Hashable, Sendable, Comparable {
        var route: String
        var method: String
        var status: Int

        static func < (left: Key, right: Key) -> Bool {
            (left.route, left.method, left.status) < (right.route, right.method, right.status)
        }
    }

    /// The times of a route.
    struct Times: Hashable, Sendable {
        /// How many took at most as long as each of the bounds, and longer than the one before.
        var counts = [UInt64](repeating: 0, count: RequestMeter.bounds.count + 1)
        /// Seconds.
        var sum = 0.0
    }

    /// Seconds; SkyWay has 4.5 to let a publisher in.
    static let bounds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8]

    /// What is not among these is `other`.
    private static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]

    private struct Counts {
        var requests: [Key: UInt64] = [:]
        var times: [String: Times] = [:]
    }

    private let counts = Mutex(Counts())

    /// Makes a meter that stands at zero.
    init() {}

    /// Counts an answer.
    func count(_ method: HTTPRequest.Method, route: String?, status: Int, after time: Duration) {
        let key = Key(
            route: route.map { $0.hasPrefix("/") ? $0 : "/\($0)" } ?? "none",
            method: Self.methods.contains(method) ? method.rawValue : "other",
            status: status
        )
        let seconds = time / .seconds(1)
        counts.withLock { counts in
            counts.requests[key, default: 0] += 1
            let place = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
            counts.times[key.route, default: Times()].counts[place] += 1
            counts.times[key.route, default: Times()].sum += seconds
        }
    }

    /// Writes what was counted.
    func write(to text: inout MetricsText) {
        let (requests, times) = counts.withLock { ($0.requests, $0.times) }
        text.family("http_requests_total", .counter, "Requests that were answered.")
        for (key, count) in requests.sorted(by: { $0.key < $1.key }) {
            let labels: MetricsText.Labels = ["method": key.method, "route": key.route, "status": "\(key.status)"]
            text.metric("http_requests_total", labels, count)
        }
        let name = "http_request_duration_seconds"
        text.family(name, .histogram, "Time from a request to the beginning of its answer.")
        for (route, times) in times.sorted(by: { $0.key < $1.key }) {
            var sum: UInt64 = 0
            for (bound, count) in zip(Self.bounds + [.infinity], times.counts) {
                sum += count
                let label = bound == .infinity ? "+Inf" : "\(bound)"
                text.metric("\(name)_bucket", ["route": route, "le": label], sum)
            }
            text.metric("\(name)_sum", ["route": route], times.sum)
            text.metric("\(name)_count", ["route": route], sum)
        }
    }
}

/// Counts every request.
struct RequestMeterMiddleware: RouterMiddleware {
    typealias Context = GatewayRequestContext

    /// Where they are counted.
    let meter: RequestMeter

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let began = ContinuousClock.now
        do {
            let response = try await next(request, context)
            count(request, context, response.status.code, since: began)
            return response
        } catch {
            count(request, context, (error as? any HTTPResponseError)?.status.code ?? 500, since: began)
            throw error
        }
    }

    private func count(_ request: Request, _ context: Context, _ status: Int, since began: ContinuousClock.Instant) {
        meter.count(request.method, route: context.endpointPath, status: status, after: .now - began)
    }
}
