// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The parameter sets of one stream as they were last told, ready to be sent once more.
///
/// The packets that carry them are laid out when a set is new or has changed, so that nothing is allocated on the way
/// of an ordinary packet. Sets that grow beyond the bounds push the oldest ones out.
package struct H264ParameterSets: Sendable {
    /// A set with its identifiers.
    private struct Entry {
        var id: UInt8
        /// The sequence parameter set that a picture parameter set refers to.
        var sequence: UInt8
        var bytes: [UInt8]
    }

    /// The longest payload that is made, and the longest set that is kept.
    static let maximumPayload = 1_200
    /// The most bytes that are kept.
    static let maximumBytes = 4_096
    /// The most sets of a kind that are kept.
    static let maximumCount = 8

    private let aggregates: Bool
    /// The most recent one last.
    private var sequences: [Entry] = []
    private var pictures: [Entry] = []
    /// The payloads one after another, and where each one ends.
    private var payloads: [UInt8] = []
    private var ends: [Int] = []
    /// Whether there is a pair that a picture could need.
    private(set) var hasPair = false

    /// Makes an empty memory.
    ///
    /// - Parameter aggregates: whether several sets may share a packet: not in packetization mode 0 (RFC 6184 §6.2).
    package init(aggregates: Bool) {
        self.aggregates = aggregates
    }

    /// How many packets it takes to send them all.
    package var packetCount: Int { ends.count }

    /// The payloads of all packets, one after another.
    package var bytes: [UInt8] { payloads }

    /// Where the payload of one packet lies in `bytes`.
    package func payload(at index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    /// The most recent sequence parameter set, where it can be read.
    package var latestSequence: H264SequenceParameterSet? {
        sequences.last.flatMap { unsafe H264SequenceParameterSet(parsing: $0.bytes.span.bytes) }
    }

    /// Whether all is known that a picture with this picture parameter set needs.
    func hasAll(for picture: UInt8) -> Bool {
        pictures.contains { $0.id == picture && hasSequence($0.sequence) }
    }

    /// Takes the sets of `sprop-parameter-sets` (RFC 6184 §8.1); what is malformed is passed over.
    ///
    /// - Parameter list: Base64 of whole NAL units, with commas between.
    package mutating func remember(declared list: String) {
        for part in list.utf8.split(separator: UInt8(ascii: ",")) {
            guard part.count <= 2 * Self.maximumPayload, let unit = Base64.decode(part) else { continue }
            unsafe remember(unit.span.bytes)
        }
    }

    /// Takes a set that came in the stream; other units are passed over.
    ///
    /// - Parameter unit: the NAL unit with its header.
    /// - Returns: whether it was not known like this.
    @discardableResult
    package mutating func remember(_ unit: RawSpan) -> Bool {
        guard unit.byteCount > 1, unit.byteCount <= Self.maximumPayload else { return false }
        let isNew =
            switch unit.byte(at: 0) & 0x1F {
            case H264UnitType.sequenceParameterSet: rememberSequence(unit)
            case H264UnitType.pictureParameterSet: rememberPicture(unit)
            default: false
            }
        guard isNew else { return false }
        makeRoom()
        layOut()
        return true
    }

    private func hasSequence(_ id: UInt8) -> Bool { sequences.contains { $0.id == id } }

    private mutating func rememberSequence(_ unit: RawSpan) -> Bool {
        guard let head = H264SequenceParameterSet.Head(reading: unit) else { return false }
        return Self.put(unit, id: head.id, sequence: head.id, into: &sequences)
    }

    private mutating func rememberPicture(_ unit: RawSpan) -> Bool {
        var reader = BitReader(from: 1, preventsStartCodes: true)
        guard let id = reader.unsigned(in: unit), id <= 255, let sequence = reader.unsigned(in: unit), sequence <= 31
        else { return false }
        return Self.put(unit, id: UInt8(id), sequence: UInt8(sequence), into: &pictures)
    }

    /// Says whether something changed.
    private static func put(_ unit: RawSpan, id: UInt8, sequence: UInt8, into entries: inout [Entry]) -> Bool {
        if let index = entries.firstIndex(where: { $0.id == id }) {
            if isSame(unit, entries[index].bytes) { return false }
            entries.remove(at: index)
        }
        entries.append(Entry(id: id, sequence: sequence, bytes: unit.toArray()))
        return true
    }

    private static func isSame(_ unit: RawSpan, _ bytes: [UInt8]) -> Bool {
        guard unit.byteCount == bytes.count else { return false }
        for index in bytes.indices where unit.byte(at: index) != bytes[index] { return false }
        return true
    }

    private mutating func makeRoom() {
        if sequences.count > Self.maximumCount { sequences.removeFirst() }
        if pictures.count > Self.maximumCount { pictures.removeFirst() }
        while (sequences + pictures).reduce(0, { $0 + $1.bytes.count }) > Self.maximumBytes {
            if pictures.count > sequences.count { pictures.removeFirst() } else { sequences.removeFirst() }
        }
    }

    /// Sequence parameter sets first, since the others refer to them.
    private mutating func layOut() {
        hasPair = pictures.contains { hasSequence($0.sequence) }
        payloads = []
        ends = []
        var group: [[UInt8]] = []
        var size = 1
        for entry in sequences + pictures {
            if !group.isEmpty, !aggregates || size + 2 + entry.bytes.count > Self.maximumPayload {
                append(group)
                group = []
                size = 1
            }
            group.append(entry.bytes)
            size += 2 + entry.bytes.count
        }
        append(group)
    }

    /// A single unit as it is, several as a STAP-A (RFC 6184 §5.7.1).
    private mutating func append(_ units: [[UInt8]]) {
        if units.count == 1 {
            payloads += units[0]
        } else {
            let importance = units.reduce(UInt8(0)) { max($0, $1[0] & 0x60) }
            payloads.append(importance | H264UnitType.aggregate)
            for unit in units {
                payloads.append(UInt8(truncatingIfNeeded: unit.count >> 8))
                payloads.append(UInt8(truncatingIfNeeded: unit.count))
                payloads += unit
            }
        }
        ends.append(payloads.count)
    }
}
