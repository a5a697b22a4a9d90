// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Testing

@testable import Gateway

@Suite("Metrics in Prometheus' text format")
struct MetricsTextTests {
    @Test("A family has its help and its kind, and each metric its labels")
    func family() {
        var text = MetricsText()
        text.family("a_total", .counter, "Things \\ that\nhappened.")
        text.metric("a_total", ["kind": "\"x\"", "way": "a\\b\nc"], UInt64(12))
        text.metric("a_total", [:], 0.25)
        text.single("b", .gauge, "One.", .infinity)
        #expect(
            text.text == """
                # HELP a_total Things \\\\ that\\nhappened.
                # TYPE a_total counter
                a_total{kind="\\"x\\"",way="a\\\\b\\nc"} 12
                a_total 0.25
                # HELP b One.
                # TYPE b gauge
                b +Inf

                """
        )
    }

    @Test("Requests are counted by what the router knows, whatever is asked")
    func requests() {
        let meter = RequestMeter()
        meter.count(.post, route: "/whip/{channel}", status: 201, after: .milliseconds(300))
        meter.count(.post, route: "whip/{channel}", status: 201, after: .milliseconds(5))
        meter.count(.get, route: nil, status: 404, after: .seconds(60))
        meter.count(HTTPRequest.Method("BREW") ?? .get, route: nil, status: 405, after: .zero)
        var text = MetricsText()
        meter.write(to: &text)
        let lines = text.text.split(separator: "\n").map(String.init)
        #expect(lines.contains(#"http_requests_total{method="POST",route="/whip/{channel}",status="201"} 2"#))
        #expect(lines.contains(#"http_requests_total{method="GET",route="none",status="404"} 1"#))
        #expect(lines.contains(#"http_requests_total{method="other",route="none",status="405"} 1"#))
        let name = #"http_request_duration_seconds_bucket{route="/whip/{channel}",le="#
        #expect(lines.contains("\(name)\"0.005\"} 1") && lines.contains("\(name)\"0.25\"} 1"))
        #expect(lines.contains("\(name)\"0.5\"} 2") && lines.contains("\(name)\"+Inf\"} 2"))
        #expect(lines.contains(#"http_request_duration_seconds_bucket{route="none",le="8.0"} 1"#))
        #expect(lines.contains(#"http_request_duration_seconds_count{route="none"} 2"#))
        #expect(lines.contains(#"http_request_duration_seconds_sum{route="/whip/{channel}"} 0.305"#))
    }
}
