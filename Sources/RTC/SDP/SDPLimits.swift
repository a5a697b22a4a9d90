// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How much of a session description is read: more is an error, so that no list grows with what a peer sends.
enum SDPLimits {
    /// Bytes of the whole text.
    static let bytes = 65_536
    /// Lines of the whole text.
    static let lines = 2_048
    /// M-sections.
    static let sections = 32
    /// Payload types of one m-section; there are no more.
    static let codecs = 128
    /// Candidates of one m-section.
    static let candidates = 64
    /// Header extensions of one m-section.
    static let extensions = 64
    /// SSRCs of one m-section.
    static let sources = 64
    /// Groups of SSRCs, or of m-sections.
    static let groups = 64
    /// RIDs of one m-section.
    static let rids = 16
    /// Fingerprints of one m-section.
    static let fingerprints = 8
    /// Bytes of an answer; FFmpeg reads no more.
    static let answerBytes = 8_192

    /// Throws when a list is full.
    ///
    /// - Parameters:
    ///   - count: how many entries the list has already.
    ///   - limit: how many it may have.
    ///   - things: what the entries are, in plural, for the message.
    /// - Throws: that the list is full.
    static func check(_ count: Int, below limit: Int, _ things: String) throws(SDPError) {
        guard count < limit else {
            throw SDPError(.tooLarge, "The session description has more than \(limit) \(things); send fewer.")
        }
    }
}
