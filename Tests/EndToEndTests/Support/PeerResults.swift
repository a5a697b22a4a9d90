// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The numbers that were read from frames (`NumberLog` of `counting.py`).
struct FrameNumbers: Decodable {
    /// The decoded pictures, whether their numbers could be read or not.
    let frames: Int
    let distinct: Int
    let expected: Int
    /// The share of the numbers from the first to the last one that arrived.
    let ratio: Double
    let first: Int?
    let last: Int?
    let missing: [Int]?
    let largestGapMilliseconds: Int?
    /// When the first and the last one came, in seconds of `CLOCK_MONOTONIC`.
    let firstAt: Double?
    let lastAt: Double?
}

/// The tones that were heard (`ToneLog`).
struct Tones: Decodable {
    let windows: Int
    let ratio: Double
    let steps: [Int]
    let risingSteps: Int
}

/// One RTP stream as it arrived (`PacketLog`).
struct PacketStream: Decodable {
    let ssrc: UInt32
    let payloadType: Int
    let packets: Int
    let lost: Int
    let empty: Int
    let timestampJumps: Int
    let largestGapMilliseconds: Int
    let firstSenderReportAfterMilliseconds: Int?
}

/// The result of `consume_whep.py`.
struct SinkResult: Decodable {
    let video: FrameNumbers
    let tone: Tones
    let streams: [PacketStream]
    /// The codec of the picture.
    let codec: String?
    let keyFrames: KeyFrames
    let width: Int
    let height: Int
    /// How many frames there were of each size, in the order in which the sizes came.
    let sizes: [PictureSizes]
    let deleteStatus: Int
}

/// How many frames had one size.
struct PictureSizes: Decodable {
    let width: Int
    let height: Int
    let frames: Int
}

/// The key frames of H.264 as they arrived (`KeyFrameLog` of `h264.py`).
struct KeyFrames: Decodable {
    let count: Int
    /// Those, counted from 0, without SPS and PPS before them.
    let bare: [Int]
    /// How many pictures are shown before one that was sent earlier.
    let backwards: Int
}

/// The result of `watch_chromium.py`.
struct WatchResult: Decodable {
    /// What the browser says of its connection.
    struct Statistics: Decodable {
        /// One stream that was received.
        struct Stream: Decodable {
            let packetsLost: Int
        }

        let streams: [Stream]
        /// `udp` or `tcp`.
        let `protocol`: String?
    }

    let video: FrameNumbers
    let tone: Tones
    let width: Int
    let height: Int
    let sessions: Int
    let state: String
    let statistics: Statistics?
    let console: [String]
}

/// The result of a publisher, as far as they have one in common.
struct PublisherResult: Decodable {
    let frames: Int
    /// The DTLS role in the answer, where the publisher sees it.
    let setup: String?
    let keyFrameRequests: Int?
    let deleteStatus: Int?
    let endedEarly: Bool?
    /// What GStreamer says of its offer and its certificate.
    let mids: [String]?
    let portsOfZero: Int?
    let certificateKey: String?
}

/// What `publish_wrtc.py` says of the streams that it sent.
struct SentStreams: Decodable {
    /// One stream.
    struct Stream: Decodable {
        let kind: String
        /// Packets sent again, and requests for a key frame.
        let resent: Int?
        let keyFrameRequests: Int?

        private enum CodingKeys: String, CodingKey {
            case kind
            case resent = "retransmitted_packets_sent"
            case keyFrameRequests = "pli_count"
        }
    }

    let statistics: [Stream]
}

/// The result of `ask.py`: one HTTP exchange.
struct Reply: Decodable {
    let status: Int
    let headers: [String: String]
    let body: String
    let seconds: Double
}
