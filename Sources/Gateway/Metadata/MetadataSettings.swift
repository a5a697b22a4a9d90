// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import SkyWay

/// What the operator says of metadata.
package struct MetadataSettings: Hashable, Sendable {
    /// The metadata of whoever has none of their own.
    package var texts = MetadataTexts()
    /// Of what publishers may say it.
    package var publishers: Set<MetadataSubject> = [.member, .audio, .video]
    /// How changes follow each other.
    var timing = MetadataSchedule.Timing()

    /// Makes settings with the defaults.
    package init() {}

    /// Of what metadata changes by itself while a broadcast lasts, or may have to be changed as it begins: the room may
    /// be there already.
    package var updates: Set<MetadataSubject> { texts.updates }
}

extension MetadataTexts {
    /// Of what the metadata changes by itself, or may have to be changed at the beginning.
    var updates: Set<MetadataSubject> {
        Set(templates.filter { $0.key == .channel || $0.value.changes }.keys)
    }
}

/// Who says metadata, from the last word to the first.
struct MetadataSources: Hashable, Sendable {
    /// Whose word it is.
    enum Source: String, Hashable, Sendable {
        case admin
        /// Key file, token or hook.
        case grant
        case publisher
        case configuration
    }

    /// By the administrative routes.
    var admin = MetadataTexts()
    /// By what the operator says of this publisher.
    var grant = MetadataTexts()
    /// By the publisher's request.
    var publisher = MetadataTexts()
    /// By the configuration.
    var configuration = MetadataTexts()

    /// The template that counts, and who says it; `nil` where nobody says anything.
    func template(of subject: MetadataSubject) -> (MetadataTemplate, Source)? {
        let words: [(MetadataTexts, Source)] = [
            (admin, .admin), (grant, .grant), (publisher, .publisher), (configuration, .configuration),
        ]
        for (texts, source) in words {
            if let template = texts[subject] { return (template, source) }
        }
        return nil
    }

    /// Of what the metadata changes by itself, or may have to be changed at the beginning.
    var updates: Set<MetadataSubject> {
        configuration.overlaid(by: publisher).overlaid(by: grant).overlaid(by: admin).updates
    }
}
