// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a STUN message says, read in one pass and without copying (RFC 8489).
///
/// Text stays in the datagram and is named by its range; whoever wants it, or checks the integrity, passes the same
/// bytes again. Attributes behind MESSAGE-INTEGRITY are ignored, FINGERPRINT aside (RFC 8489 §14.5).
package struct STUNMessage: Sendable {
    /// The method of connectivity checks.
    package static let binding: UInt16 = 0x001
    /// Asks a TURN server for an address (RFC 8656 §7).
    package static let allocate: UInt16 = 0x003
    /// Lengthens an allocation, or ends it (RFC 8656 §8).
    package static let refresh: UInt16 = 0x004
    /// An indication with a datagram for a peer (RFC 8656 §11.1).
    package static let send: UInt16 = 0x006
    /// An indication with a datagram from a peer (RFC 8656 §11.4).
    package static let data: UInt16 = 0x007
    /// Lets datagrams of a peer's address through (RFC 8656 §10).
    package static let createPermission: UInt16 = 0x008
    /// Gives a peer a short number (RFC 8656 §12).
    package static let channelBind: UInt16 = 0x009
    /// The size of the header.
    package static let headerSize = 20
    /// The room that any message written here fits into.
    package static let maximumWrittenSize = 700
    static let magicCookie: UInt32 = 0x2112_a442
    static let fingerprintMask: UInt32 = 0x5354_554e
    static let integritySize = 20

    /// Request, indication, success or error.
    package internal(set) var messageClass: STUNMessageClass
    /// What is asked for; `binding` in ICE.
    package internal(set) var method: UInt16
    /// Ties request and response together.
    package internal(set) var transaction: STUNTransactionID
    /// Where USERNAME lies in the datagram.
    package internal(set) var username: Range<Int>?
    /// Where SOFTWARE lies in the datagram.
    package internal(set) var software: Range<Int>?
    /// Where MESSAGE-INTEGRITY begins, its header included.
    package internal(set) var integrityOffset: Int?
    /// Whether there was a FINGERPRINT; it fits, or there would be no message.
    package internal(set) var hasFingerprint = false
    /// XOR-MAPPED-ADDRESS: where the request seemed to come from.
    package internal(set) var xorMappedAddress: TransportAddress?
    /// MAPPED-ADDRESS, the form that some routers rewrite.
    package internal(set) var mappedAddress: TransportAddress?
    /// XOR-RELAYED-ADDRESS: where a TURN server takes datagrams for us.
    package internal(set) var relayedAddress: TransportAddress?
    /// XOR-PEER-ADDRESS: whom a datagram by a TURN server is for, or from.
    package internal(set) var peerAddress: TransportAddress?
    /// Where DATA lies in the datagram.
    package internal(set) var data: Range<Int>?
    /// Where REALM lies in the datagram.
    package internal(set) var realm: Range<Int>?
    /// Where NONCE lies in the datagram.
    package internal(set) var nonce: Range<Int>?
    /// LIFETIME of an allocation, in seconds.
    package internal(set) var lifetime: UInt32?
    /// CHANNEL-NUMBER of a peer.
    package internal(set) var channelNumber: UInt16?
    /// PRIORITY of a peer-reflexive candidate that this check would discover.
    package internal(set) var priority: UInt32?
    /// USE-CANDIDATE: the controlling side wants this pair.
    package internal(set) var usesCandidate = false
    /// NOMINATION of renominating peers.
    package internal(set) var nomination: UInt32?
    /// ICE-CONTROLLING or ICE-CONTROLLED.
    package internal(set) var role: STUNRole?
    /// ERROR-CODE of an error response.
    package internal(set) var errorCode: STUNErrorCode?
    /// Attributes that must be understood and aren't; the first eight.
    package internal(set) var unknownAttributes: [UInt16] = []

    /// Whether bytes look like STUN and not like DTLS, RTP or TURN channel data (RFC 7983 §7).
    ///
    /// - Parameter datagram: what came.
    /// - Returns: whether the first byte and the cookie fit.
    package static func isSTUN(_ datagram: RawSpan) -> Bool {
        datagram.byteCount >= headerSize && datagram.byte(at: 0) <= 3 && datagram.uint32(at: 4) == magicCookie
    }

    /// The part of USERNAME before the colon: in a request the user name fragment of the side it is sent to.
    ///
    /// A port that many sessions share finds the session by it.
    ///
    /// - Parameter datagram: the bytes this message was read from.
    /// - Returns: the fragment, or `nil` where there is no user name of that form.
    package func destinationUsernameFragment(in datagram: RawSpan) -> String? {
        guard let username, username.upperBound <= datagram.byteCount,
            let colon = username.first(where: { datagram.byte(at: $0) == UInt8(ascii: ":") })
        else { return nil }
        let bytes = (username.lowerBound..<colon).map { datagram.byte(at: $0) }
        return String(validating: bytes, as: UTF8.self)
    }
}
