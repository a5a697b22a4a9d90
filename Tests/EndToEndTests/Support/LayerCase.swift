// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

/// A publisher of simulcast layers, and what has to arrive of it.
struct LayerCase: CustomTestStringConvertible {
    /// One layer: its RTP stream id, and by how much its sides are smaller than those of the picture, 960×540.
    struct Layer {
        let rid: String
        let divisor: Double
    }

    let publisher: PublisherCase
    /// The layers in the order of the offer.
    let layers: [Layer]
    /// Whether the best layer pauses for a while.
    var pauses = false
    /// The longest gap at the consumer, in milliseconds.
    ///
    /// Where the best layer pauses, the SFU takes 1.5 s to see that it does, as mediasoup does, and the next one begins
    /// with a key frame, which is asked for; OBS sends none when asked, so up to a second more goes by.
    var longestGap: Int

    var testDescription: String { publisher.testDescription }

    /// The name of its stage.
    var stage: String { "layers-\(publisher.stage)" }

    /// The best layer first.
    var ranked: [Layer] { layers.sorted { $0.divisor < $1.divisor } }

    /// The heights of the pictures, lowest quality first.
    var heights: [Int] { ranked.reversed().map { Int((540 / $0.divisor).rounded()) } }

    /// How long the consumer watches, in seconds: a browser on a busy machine leaves out a picture now and then.
    var seconds: Int { pauses ? 20 : publisher.implementation == .chromium ? 12 : 6 }

    /// Waits until a gateway has found all layers and forwards each.
    func areForwarded(by gateway: Service) async throws {
        let best = "\(ranked[0].rid) 960x540"
        _ = try await gateway.process.line("that all layers were found", within: .seconds(30)) { line in
            line.contains("all are forwarded") && line.contains(best) ? line : nil
        }
    }

    init(
        _ implementation: PublisherCase.Implementation,
        _ name: String,
        codec: String,
        _ layers: [Layer],
        pauses: Bool = false,
        longestGap: Int? = nil
    ) {
        let list = layers.map { "\($0.rid):\($0.divisor)" }.joined(separator: ",")
        let best = layers.min { $0.divisor < $1.divisor }?.rid ?? ""
        var options = ["--layers", list]
        if implementation != .libdatachannel { options += ["--codec", codec] }
        // Late enough that the best layer has begun: browsers try first what the path carries.
        if pauses { options += ["--pause", "\(best):9:4"] }
        publisher = PublisherCase(implementation: implementation, name: name, codec: codec, options: options)
        self.layers = layers
        self.pauses = pauses
        self.longestGap = longestGap ?? (pauses ? 2_200 : 500)
    }
}

extension LayerCase {
    static let browser = [("q", 4.0), ("h", 2.0), ("f", 1.0)].map { Layer(rid: $0.0, divisor: $0.1) }
    /// As OBS 32.1 sends three layers: the best one first, each by a third of the picture smaller.
    static let obs = [("0", 1.0), ("1", 1.5), ("2", 3.0)].map { Layer(rid: $0.0, divisor: $0.1) }

    /// A browser's layers and OBS's: what every run of the tests takes.
    static let selected = [
        LayerCase(.wrtc, "VP8, the best layer pauses", codec: "VP8", browser, pauses: true),
        LayerCase(.libdatachannel, "as OBS 32.1", codec: "H264", obs),
    ]

    /// The rest of the matrix.
    static let others = [
        LayerCase(.wrtc, "VP8", codec: "VP8", browser),
        LayerCase(.wrtc, "VP8, the best layer first", codec: "VP8", browser.reversed()),
        LayerCase(.chromium, "VP8", codec: "VP8", browser),
        LayerCase(.chromium, "VP8, the best layer first", codec: "VP8", browser.reversed()),
        LayerCase(.chromium, "VP8, the best layer pauses", codec: "VP8", browser, pauses: true),
        LayerCase(.chromium, "H264", codec: "H264", browser),
        LayerCase(.chromium, "H264, the best layer first", codec: "H264", browser.reversed()),
        LayerCase(.chromium, "H264, the best layer pauses", codec: "H264", browser, pauses: true),
        LayerCase(.libdatachannel, "as OBS 32.1, the best layer last", codec: "H264", obs.reversed()),
        LayerCase(
            .libdatachannel,
            "as OBS 32.1, the best layer pauses",
            codec: "H264",
            obs,
            pauses: true,
            longestGap: 3_200
        ),
    ]
}
