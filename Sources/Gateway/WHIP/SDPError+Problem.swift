// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

extension SDPError.Code {
    /// What the type of its problem ends with.
    var problemName: String {
        switch self {
        case .noCommonCodec: "no-common-codec"
        case .inadmissibleDirection: "inadmissible-direction"
        case .noMedia: "no-media"
        case .secondTrack: "too-many-tracks"
        case .secondStream: "too-many-streams"
        case .simulcast: "unsupported-simulcast"
        case .missingCredentials, .missingFingerprint, .notBundled, .unsupportedTransport: "unsupported-transport"
        case .malformed, .tooLarge, .unexpectedAnswer: "unacceptable-offer"
        }
    }

    /// The title of its problem.
    var problemTitle: String {
        switch self {
        case .noCommonCodec: "No codec in common"
        case .inadmissibleDirection: "The offer does not send"
        case .noMedia: "The offer has nothing to publish"
        case .secondTrack: "The offer has too many tracks"
        case .secondStream: "The offer has too many streams"
        case .simulcast: "The layers can't be taken"
        case .missingCredentials, .missingFingerprint, .notBundled, .unsupportedTransport:
            "The transport of the offer can't be used"
        case .malformed, .tooLarge, .unexpectedAnswer: "The offer can't be answered"
        }
    }
}
