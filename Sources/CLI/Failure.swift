// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Gateway
import NIOCore
import RTCDriver

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Why a command can't do what was wanted: a sentence that says what to do.
struct Failure: Error, CustomStringConvertible {
    /// The sentence.
    var description: String

    /// Makes a failure.
    ///
    /// - Parameter description: the sentence.
    init(_ description: String) {
        self.description = description
    }

    /// Says in a sentence why a service could not start or go on.
    ///
    /// - Parameters:
    ///   - error: what it threw.
    ///   - name: who it is, such as "the gateway".
    ///   - port: the TCP port it was to listen at.
    ///   - option: the option that gives it another one.
    init(_ error: any Error, of name: String, port: Int, option: String) {
        switch error {
        case let failure as Failure:
            self = failure
        case let error as IOError where error.errnoCode == EADDRINUSE:
            self.init("TCP port \(port) of \(name) is in use. Is it running already? Choose another with \(option).")
        case let error as IOError where error.errnoCode == EACCES:
            self.init("TCP port \(port) of \(name) may not be used by this user. Choose one above 1023 with \(option).")
        case GatewayStartError.mediaPort(let port, let error):
            self.init(media: error, of: name, port: "\(port)")
        case GatewayStartError.mediaTCPPort(let port, let error):
            let reason = error.isAddressInUse ? "is in use" : "can't be opened: \(error)"
            self.init("TCP port \(port) for the media of \(name) \(reason). Choose another with --media-tcp-port.")
        case GatewayStartError.open(let host):
            self.init(
                """
                At \(host) anybody who reaches this machine could publish. Make stream keys with "key add" and start with \
                --stream-keys, set GATEWAY_BEARER_TOKEN, or say --allow-anyone.
                """
            )
        case let error as CertificateError:
            self.init(error.description)
        case let error as StreamKeyFileError:
            self.init(error.description)
        case let error as SocketError:
            self.init(media: error, of: name, port: "")
        default:
            self.init("\(name.prefix(1).uppercased() + name.dropFirst()) ended: \(error)")
        }
    }

    private init(media error: SocketError, of name: String, port: String) {
        let option = "--media-port"
        if error.isAddressInUse {
            self.init("The port \(port) for the media of \(name) is in use. Choose another with \(option).")
        } else {
            self.init("The port \(port) for the media of \(name) can't be opened: \(error).")
        }
    }
}
