// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC
import SkyWay

/// How many layers a broadcast publishes, and what is told of them.
extension Broadcast {
    /// How many layers a track is published with: as many as it is already, where that is enough.
    func layers(of track: IngestSession.Track) -> Int {
        guard let capabilities, let publication = publications[track.kind],
            takes(publication, track, capabilities)
        else { return layersToShow(of: track) }
        return publication.layers
    }

    /// Whether a track can go on in a publication without being declared anew: as the same codec, with all its layers.
    ///
    /// A publication with several layers feeds each from one of the track's, so it takes no track that has more, and is
    /// none to go on with where the SFU takes no layers.
    func takes(_ publication: Publication, _ track: IngestSession.Track, _ capabilities: RTPCapabilities) -> Bool {
        guard publication.layers == 1 || !refusesLayers && track.layers <= publication.layers else { return false }
        return publication.takes(track.codec, layers: layersToShow(of: track), capabilities)
    }

    /// How many layers of a track viewers are to have.
    private func layersToShow(of track: IngestSession.Track) -> Int {
        refusesLayers ? 1 : ORTC.layers(of: track.codec, offered: track.layers)
    }

    /// Declares a stream; where the SFU takes none with several layers, that is remembered.
    ///
    /// - Throws: `LayersRefused` then, and else what the SFU refused.
    func produce(
        _ producer: ProducerOptions,
        of wanted: Wanted,
        through link: any SkyWayPublishing
    ) async throws -> String {
        do {
            return try await link.produce(wanted.kind, producer)
        } catch let error as SkyWayError where error.status == 400 && wanted.layers > 1 {
            refusesLayers = true
            (session?.logger ?? logger).warning(
                "The SFU takes no simulcast; viewers get the best layer",
                metadata: ["error": "\(error)", "video.layers": "\(wanted.layers)"]
            )
            throw LayersRefused()
        }
    }

    /// The present session has news of its layers.
    func note(_ found: LayerReport, logger: Logger) async {
        let news = LayerNews(found)
        logger.info(news.message, metadata: news.metadata)
        learnOfPicture { $0.found(found) }
        layersFound = found
        await lookAtLink()
    }
}

/// The SFU does not take several layers as one stream.
struct LayersRefused: Error {}
