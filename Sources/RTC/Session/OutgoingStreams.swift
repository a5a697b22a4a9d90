// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The streams that a session sends.
struct OutgoingStreams {
    /// The most streams a session may send.
    static let maximumStreams = 256

    var streams: [SendStream?] = []
    /// What was agreed on for each.
    private(set) var parameters: [SendStreamParameters?] = []
    /// Whether the packets of each stream carry transport-wide numbers.
    private(set) var isNumbered: [Bool] = []
    private var indexBySSRC: [UInt32: Int] = [:]

    /// Adds a stream.
    ///
    /// - Throws: `SessionError.tooManyTracks`, or `.duplicateStream` when the SSRC is in use.
    mutating func add(_ parameters: SendStreamParameters) throws(SessionError) -> SendStreamIndex {
        guard indexBySSRC[parameters.ssrc] == nil else { throw .duplicateStream(parameters.ssrc) }
        let stream = SendStream(parameters)
        let numbers = parameters.extensions[.transportSequenceNumber] != nil
        if let free = streams.firstIndex(where: { $0 == nil }) {
            streams[free] = stream
            self.parameters[free] = parameters
            isNumbered[free] = numbers
            indexBySSRC[parameters.ssrc] = free
            return SendStreamIndex(free)
        }
        guard streams.count < Self.maximumStreams else { throw .tooManyTracks }
        streams.append(stream)
        self.parameters.append(parameters)
        isNumbered.append(numbers)
        indexBySSRC[parameters.ssrc] = streams.count - 1
        return SendStreamIndex(streams.count - 1)
    }

    /// Removes a stream.
    mutating func remove(_ index: SendStreamIndex) {
        guard streams.indices.contains(index.rawValue) else { return }
        indexBySSRC = indexBySSRC.filter { $0.value != index.rawValue }
        streams[index.rawValue] = nil
        parameters[index.rawValue] = nil
    }

    /// The stream that has this SSRC.
    func index(of ssrc: UInt32) -> SendStreamIndex? {
        indexBySSRC[ssrc].map { SendStreamIndex($0) }
    }
}

extension SendStream {
    /// When its next report is due.
    ///
    /// Mutating, so that the stream is not copied for it.
    var nextReport: MonotonicTime? {
        mutating get { reportDue }
    }
}
