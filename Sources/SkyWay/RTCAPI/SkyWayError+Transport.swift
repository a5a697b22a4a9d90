// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

extension SkyWayError {
    /// Why the RTC API has closed a connection, where another one would be closed too (protocol page §2.8).
    init?(closeCode: UInt16) {
        guard closeCode == 4291 else { return nil }
        self.init(.usageLimitReached, .rtcAPI, detail: "connection closed with 4291")
    }

    /// Why the RTC API's WebSocket could not be opened.
    init(_ error: WebSocketOpenError) {
        switch error {
        case .unreachable(let detail): self.init(.unreachable, .rtcAPI, detail: detail)
        case .timeout: self.init(.timeout, .rtcAPI, detail: "connection not open in time")
        case .tls(let detail): self.init(.unreachable, .rtcAPI, detail: "TLS failed: \(detail)")
        case .badHandshake(let detail): self.init(.badResponse, .rtcAPI, detail: detail)
        case .refused(let status, let body):
            let code: Code =
                switch status {
                case 400, 401: .tokenRefused
                case 403: .scopeMissing
                case 429: .rateLimited
                default: .unreachable
                }
            self.init(code, .rtcAPI, status: status, detail: String(body.prefix(200)))
        }
    }
}
