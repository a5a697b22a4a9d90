// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What the browser counted of a subscription (`getStats`).
struct SDKCounted: Decodable {
    let packetsReceived: Int
    let packetsLost: Int
    let framesReceived: Int
    let framesDecoded: Int
}

/// The pictures that a viewer decoded, by the numbers in them.
struct SDKPictures: Decodable {
    struct Size: Decodable {
        let width: Int
        let height: Int
    }

    let frames: Int
    let unreadable: Int
    let numbers: [Int]
    let sizes: [Size]
    let counted: SDKCounted?

    /// The share of the numbers from the first to the last one that were seen.
    var ratio: Double {
        guard let first = numbers.first, let last = numbers.last, last > first else { return 0 }
        return Double(Set(numbers).count) / Double(last - first + 1)
    }
}

/// How a viewer went from layer to layer.
struct SDKLayers: Decodable {
    struct Change: Decodable {
        let id: String
        let seconds: Double
    }

    let encodings: [String]
    let changes: [Change]
    let preferred: String
    let video: SDKPictures
}

/// The tones that a viewer heard.
struct SDKTones: Decodable {
    let windows: Int
    let clear: Int
    let steps: [Int]
    let counted: SDKCounted?

    /// How often one of the test's tones was followed by the next one.
    var rising: Int { zip(steps, steps.dropFirst()).count { ($0 + 1) % 20 == $1 } }
}

/// How a call of the SDK failed; no name where it did not.
struct SDKFailure: Decodable {
    let name: String
    let message: String
    let seconds: Double
}
