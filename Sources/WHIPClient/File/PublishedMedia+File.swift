// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

extension PublishedMedia {
    /// A file of any format, played in its own time through ffmpeg.
    ///
    /// ffmpeg runs while the file is published, and no longer. One publication at a time can play what this returns.
    ///
    /// - Parameters:
    ///   - file: the file's path.
    ///   - ffmpeg: the program.
    ///   - loops: whether it begins again at its end; else the publication ends there.
    /// - Returns: a track for each kind that the file has.
    /// - Throws: `WHIPError` where there is nothing that can be published.
    package static func file(
        _ file: String,
        by ffmpeg: FFmpeg,
        loops: Bool
    ) async throws(WHIPError) -> PublishedMedia {
        var tracks: [Track] = []
        var outputs: [(codec: RTPCodec, port: UInt16)] = []
        for kind in try await ffmpeg.kinds(in: file) {
            let codec: RTPCodec = kind == .video ? .publishedH264 : .publishedOpus
            let receiver = try LoopbackReceiver()
            outputs.append((codec, receiver.port))
            tracks.append(
                Track(codec: codec) { stream in
                    RelaySource(receiver, incoming: codec.payloadType, payloadType: stream.codec.payloadType)
                }
            )
        }
        let destinations = outputs
        return PublishedMedia(tracks: tracks) { () async throws(WHIPError) in
            try await ffmpeg.play(file, loops: loops, to: destinations)
        }
    }
}
