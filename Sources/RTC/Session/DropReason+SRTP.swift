// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension DropReason {
    /// The reason that a failure of SRTP is counted under.
    init(_ error: SRTPError) {
        switch error {
        case .authenticationFailed: self = .authentication
        case .replayed: self = .replayed
        case .tooOld: self = .tooOld
        case .tooManyStreams: self = .tooManyStreams
        case .malformed, .notEncrypted, .noRoom, .exhausted, .cipherFailed: self = .malformedRTP
        }
    }
}
