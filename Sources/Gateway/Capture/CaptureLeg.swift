// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A leg of a broadcast's media, which is an interface of its capture, whichever sessions come and go on it.
enum CaptureLeg: Int, CaseIterable {
    case publisher
    case sfu

    /// The leg that a way of media is on.
    init(_ side: BroadcastReport.Transport.Side) {
        self = side.direction == .inbound ? .publisher : .sfu
    }
}

extension CaptureFile.Interface {
    /// The interface of a leg.
    init(_ leg: CaptureLeg) {
        switch leg {
        case .publisher: self.init(name: "publisher", comment: "between the publisher and the gateway")
        case .sfu: self.init(name: "sfu", comment: "between the gateway and SkyWay's SFU")
        }
    }
}
