// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// SDP fragments of a publisher that sent `Offers.obs`.
enum Fragments {
    static let type = "Content-Type: application/trickle-ice-sdpfrag"
    private static let candidate = "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host generation 0"

    /// A candidate, with the credentials of the offer unless others are given.
    static func candidates(_ fragment: String? = "abcd", _ password: String = "abcdefghijklmnopqrstuv") -> String {
        let credentials = fragment.map { ["a=ice-ufrag:\($0)", "a=ice-pwd:\(password)"] } ?? []
        return (credentials + ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", candidate, "a=end-of-candidates"])
            .map { $0 + "\r\n" }.joined()
    }

    /// What begins an ICE restart.
    static let restart = candidates("wxyz", "zyxwvutsrqponmlkjihgfe")
}
