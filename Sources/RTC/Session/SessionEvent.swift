// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTCCrypto

/// What happened in a session that its owner may want to know.
package enum SessionEvent: Sendable {
    /// Connectivity changed.
    case iceState(ICEState)
    /// Datagrams now go to this address.
    case selected(TransportAddress)
    /// The system says that the port datagrams go to is closed: it may be opened again; told once until something comes.
    ///
    /// A controlling session checks the path at once, and is `disconnected` when half a second of this has passed.
    case portClosed(TransportAddress)
    /// Something about the session's relay; told by the driver, which has it.
    case relay(RelayNews)
    /// Keys exist: media may be sent and is taken.
    case connected(SRTPProfile)
    /// The first packet of a stream came.
    case streamStarted(IncomingStream)
    /// The receiver of one of our streams wants a key frame.
    case keyFrameRequested(SendStreamIndex)
    /// Something about an incoming stream that its publisher may want to change.
    case observed(StreamObservation)
    /// Layers of a track were found, or another one of them is forwarded.
    case layers(LayerReport)
    /// The pictures of an incoming stream have a size, or another one from now on.
    case pictureSize(PictureSize, TrackIndex, EncodingIndex)
    /// Congestion on the path to the peer began, changed what is sent, or ended.
    case congestion(CongestionNews)
    /// The session has ended; nothing comes after it.
    case closed(SessionCloseReason)
}

/// What has become of a session's way by TURN servers.
package enum RelayNews: Hashable, Sendable {
    /// Datagrams that go by it leave from this address.
    case allocated(TransportAddress, by: TURNServer)
    /// The allocation is lost; another one is sought.
    case lost(TURNFailure, at: TURNServer)
    /// No server has one to give at the moment; all are asked again.
    case unavailable([TURNRefusal])
}

/// A stream that has begun to arrive.
package struct IncomingStream: Hashable, Sendable {
    /// The track it belongs to.
    package var track: TrackIndex
    /// Its place among the track's layers.
    package var encoding: EncodingIndex
    /// Its SSRC.
    package var ssrc: UInt32

    /// Makes the description of a stream.
    ///
    /// - Parameters:
    ///   - track: the track it belongs to.
    ///   - encoding: its place among the track's layers.
    ///   - ssrc: its SSRC.
    package init(track: TrackIndex, encoding: EncodingIndex, ssrc: UInt32) {
        self.track = track
        self.encoding = encoding
        self.ssrc = ssrc
    }
}

/// Why a session ended.
package enum SessionCloseReason: Hashable, Sendable {
    /// We closed it.
    case local
    /// The peer closed the DTLS connection.
    case remote
    /// The handshake failed, or did not come to its end in time.
    case dtls(DTLSFailure)
    /// Nothing valid came for as long as the policy allows.
    case silent
    /// Far more came, for long, than the peer was told that it may send.
    case excessiveBitrate
}
