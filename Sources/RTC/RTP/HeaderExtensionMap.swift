// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Which id stands for which header extension on a track: a table both ways.
package struct HeaderExtensionMap: Hashable, Sendable, BitwiseCopyable {
    /// The id of each extension by its raw value; 0 where it was not agreed on.
    private var ids: InlineArray<9, UInt8>
    /// The raw value of the extension that each id below 16 stands for, plus 1; 0 for an unknown id.
    private var kinds: InlineArray<16, UInt8>

    /// Makes an empty map.
    package init() {
        ids = InlineArray(repeating: 0)
        kinds = InlineArray(repeating: 0)
    }

    /// The id of an extension, 1–255; `nil` where it was not agreed on.
    package subscript(_ kind: HeaderExtension) -> UInt8? {
        get {
            let id = ids[Int(kind.rawValue)]
            return id == 0 ? nil : id
        }
        set {
            ids[Int(kind.rawValue)] = newValue ?? 0
            updateKinds()
        }
    }

    /// The extension that an id stands for; `nil` for an unknown id.
    package func kind(of id: UInt8) -> HeaderExtension? {
        if id < 16 {
            let entry = kinds[Int(id)]
            return entry == 0 ? nil : HeaderExtension(rawValue: entry - 1)
        }
        for index in ids.indices where ids[index] == id {
            return HeaderExtension(rawValue: UInt8(truncatingIfNeeded: index))
        }
        return nil
    }

    private mutating func updateKinds() {
        kinds = InlineArray(repeating: 0)
        for index in ids.indices where ids[index] != 0 && ids[index] < 16 {
            kinds[Int(ids[index])] = UInt8(truncatingIfNeeded: index + 1)
        }
    }

    package static func == (left: HeaderExtensionMap, right: HeaderExtensionMap) -> Bool {
        for index in left.ids.indices where left.ids[index] != right.ids[index] { return false }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        for index in ids.indices { hasher.combine(ids[index]) }
    }
}
