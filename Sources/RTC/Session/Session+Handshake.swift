// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

extension Session {
    /// Reports changes of connectivity, and begins the handshake once an address is known.
    mutating func noteConnectivity() {
        if ice.state != reportedState {
            reportedState = ice.state
            enqueue(.iceState(reportedState))
        }
        selectedAddress = ice.selected
        nextSignOfLife = now
        guard let selected = selectedAddress else { return }
        if selected != reportedAddress {
            if reportedAddress != nil { forgetPath() }
            reportedAddress = selected
            enqueue(.selected(selected))
        }
        guard dtls == nil, let parameters = dtlsParameters, closeReason == nil else { return }
        do {
            var configuration = DTLSConfiguration(
                role: parameters.role,
                certificate: certificate,
                expectedFingerprints: parameters.fingerprints,
                profiles: parameters.profiles
            )
            configuration.firstTimeout = firstRetransmission
            let connection = try DTLSConnection(configuration)
            connection.start()
            dtls = connection
            noteHandshake()
        } catch {
            end(.dtls(.handshake("\(error)")))
        }
    }

    /// The wait before a flight of the handshake is sent again: half as long again as a check took there and back.
    ///
    /// RFC 6347 §4.2.4.1 says 1 s where nothing is known, and lets time-sensitive applications wait less. 100 ms where a
    /// lite session knows nothing: FFmpeg as server is not listening yet when our first flight comes.
    private var firstRetransmission: Duration {
        guard let roundTripTime = ice.roundTripTime else { return .milliseconds(100) }
        return min(max(roundTripTime * 1.5, .milliseconds(100)), .milliseconds(400))
    }

    /// Draws the consequences of the handshake's state.
    mutating func noteHandshake() {
        guard let dtls, closeReason == nil else { return }
        // OpenSSL's timer reads the system clock; what remains of it is laid onto the session's own time.
        dtlsDeadline = dtls.timeout.map { now + $0 }
        switch dtls.state {
        case .handshaking:
            break
        case .connected(let keys):
            guard srtp == nil else { return }
            do {
                srtp = try SRTPSession(keys)
                isConnected = true
                enqueue(.connected(keys.profile))
            } catch {
                end(.dtls(.handshake("\(error)")))
            }
        case .closed:
            end(.remote)
        case .failed(let failure):
            end(.dtls(failure))
        }
    }
}
