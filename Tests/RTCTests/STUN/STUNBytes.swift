// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// Ways to make messages.
enum STUNBytes {
    /// Bytes as the RFCs print them.
    static func bytes(hex: String) -> [UInt8] {
        let digits = hex.filter(\.isHexDigit).compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// What a closure writes into a span with room for one datagram.
    static func written(capacity: Int = 1500, _ write: (inout OutputRawSpan) -> Void) -> [UInt8] {
        withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { buffer in
            var output = OutputRawSpan(buffer: buffer, initializedCount: 0)
            write(&output)
            let count = output.finalize(for: buffer)
            return Array(buffer[..<count])
        }
    }
}

/// A Binding request as a peer of ours would send it, with any part left out.
struct TestRequest {
    var transaction: STUNTransactionID = {
        var generator = SystemRandomNumberGenerator()
        return STUNTransactionID(using: &generator)
    }()
    var remote: ICECredentials
    var username: (remote: String, local: String)?
    var priority: UInt32? = 1_853_824_767
    var role: STUNRole? = .controlling(tieBreaker: 7)
    var usesCandidate = false
    var hasIntegrity = true
    var hasFingerprint = true
    var extraAttributes: [UInt8] = []

    init(to remote: ICECredentials) {
        self.remote = remote
        username = (remote.usernameFragment, "peer")
    }

    func encoded() -> [UInt8] {
        STUNBytes.written { output in
            let writer = STUNWriter(.request, transaction: transaction, into: &output)
            if let username { writer.writeUsername(remote: username.remote, local: username.local, to: &output) }
            if let priority { writer.writePriority(priority, to: &output) }
            if let role { writer.writeRole(role, to: &output) }
            if usesCandidate { writer.writeUseCandidate(to: &output) }
            for byte in extraAttributes { output.appendByte(byte) }
            if hasIntegrity { writer.writeIntegrity(password: remote.password, to: &output) }
            if hasFingerprint { writer.writeFingerprint(to: &output) }
        }
    }
}
