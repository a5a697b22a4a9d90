// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A TCP port of loopback at which nobody answers: connections are refused, or taken and left alone.
struct SilentListener {
    let port: Int
    private let descriptor: Int32

    /// Takes a port.
    ///
    /// - Parameter isListening: whether connections are taken.
    /// - Throws: where the system has none to give.
    init(isListening: Bool) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        let address = try SocketName(TransportAddress(.loopbackIPv4, port: 0), family: .ipv4).bind(descriptor)
        if isListening { try #require(listen(descriptor, 16) == 0) }
        port = Int(address.port)
    }

    func close() {
        #if canImport(Darwin)
            _ = Darwin.close(descriptor)
        #else
            _ = Glibc.close(descriptor)
        #endif
    }
}
