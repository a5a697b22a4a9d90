// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Which id stands for which header extension on a track: a table both ways.
package struct HeaderExtensionMap: Hashable, Sendable, BitwiseCopyable {
    /// The id of each extension by its raw value; 0 where it was not agreed on.
    private var ids: InlineArray<9, UInt8>

    /// Makes an empty map.
    package init() {
        ids = InlineArray(repeating: 0)
    }

    /// The id of an extension, 1–255; `nil` where it was not agreed on.
    @inlinable
    package subscript(_ kind: HeaderExtension) -> UInt8? {
        get {
            let id = id(at: Int(kind.rawValue))
            return id == 0 ? nil : id
        }
        set { set(newValue ?? 0, at: Int(kind.rawValue)) }
    }

    /// The extension that an id stands for; `nil` for an unknown id.
    package func kind(of id: UInt8) -> HeaderExtension? {
        guard id != 0 else { return nil }
        for index in ids.indices where ids[index] == id {
            return HeaderExtension(rawValue: UInt8(truncatingIfNeeded: index))
        }
        return nil
    }

    @usableFromInline
    func id(at index: Int) -> UInt8 { ids[index] }

    @usableFromInline
    mutating func set(_ id: UInt8, at index: Int) { ids[index] = id }

    package static func == (left: HeaderExtensionMap, right: HeaderExtensionMap) -> Bool {
        for index in left.ids.indices where left.ids[index] != right.ids[index] { return false }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        for index in ids.indices { hasher.combine(ids[index]) }
    }
}
