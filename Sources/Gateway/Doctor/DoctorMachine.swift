// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOSSL
import RTC
import RTCDriver

/// What the doctor asks of the machine it runs on; tests say what it answers.
package struct DoctorMachine: Sendable {
    /// How many files and sockets a process may have open; `nil` where the system sets no limit.
    var openFiles: @Sendable () -> Int? = { OpenFiles.limit }
    /// What a socket gets that asks for buffers of a size.
    var buffers: @Sendable (_ asked: Int) -> SocketBuffers? = { SocketBuffers.granted(asking: $0) }
    /// The addresses of the interfaces.
    var addresses: @Sendable () -> [IPAddress] = { InterfaceAddresses.all() }
    /// Whether this is a container, to which a host passes ports on.
    var isContainer = ["/.dockerenv", "/run/.containerenv"].contains { FileManager.default.fileExists(atPath: $0) }
    /// Finds the addresses of names.
    var lookup: HostLookup?
    /// What certificates are trusted.
    var tls = TLSConfiguration.makeClientConfiguration()
    /// Seconds since 1970.
    var unixTime: @Sendable () -> Double = { Date().timeIntervalSince1970 }
    /// Draws what makes names of rooms and members new.
    var suffix: @Sendable () -> String = {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<8).compactMap { _ in alphabet.randomElement() })
    }

    /// The machine as it is.
    package init() {}
}
