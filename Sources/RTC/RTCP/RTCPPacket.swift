// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// One packet of an RTCP compound; lists in it are read from the compound's bytes when asked for.
package enum RTCPPacket: Sendable, BitwiseCopyable {
    /// A sender report with its report blocks.
    case senderReport(SenderReport, ReportBlocks)
    /// A receiver report with its report blocks.
    case receiverReport(ReceiverReport, ReportBlocks)
    /// Canonical names.
    case sourceDescription(SourceDescription)
    /// Sources that leave.
    case goodbye(Goodbye)
    /// A picture was lost.
    case pictureLossIndication(PictureLossIndication)
    /// A key frame is asked for.
    case fullIntraRequest(FullIntraRequest)
    /// Packets were lost.
    case nack(GenericNACK)
    /// The receiver's estimate of what the path carries.
    case maximumBitrate(MaximumBitrate)
    /// Arrival times of the packets of a transport.
    case transportFeedback(TransportFeedback)
    /// Reference times and delays.
    case extendedReport(ExtendedReport)
    /// A packet of another kind.
    case other(RTCPHeader)
    /// A packet of a known kind that is too short for what it says.
    case malformed(RTCPHeader)

    /// Reads the packet behind a header.
    init(reading compound: RawSpan, header: RTCPHeader) {
        let packet: RTCPPacket? =
            switch header.type {
            case RTCPPacketType.senderReport: .reading(senderReport: compound, header)
            case RTCPPacketType.receiverReport: .reading(receiverReport: compound, header)
            case RTCPPacketType.sourceDescription: SourceDescription(header).map(Self.sourceDescription)
            case RTCPPacketType.goodbye: Goodbye(reading: compound, header).map(Self.goodbye)
            case RTCPPacketType.transportFeedback: .reading(transportFeedback: compound, header)
            case RTCPPacketType.payloadFeedback: .reading(payloadFeedback: compound, header)
            case RTCPPacketType.extendedReport: ExtendedReport(reading: compound, header).map(Self.extendedReport)
            default: .other(header)
            }
        self = packet ?? .malformed(header)
    }

    private static func reading(senderReport compound: RawSpan, _ header: RTCPHeader) -> RTCPPacket? {
        guard let report = SenderReport(reading: compound, header),
            let blocks = ReportBlocks(header, behind: SenderReport.bodyLength)
        else { return nil }
        return .senderReport(report, blocks)
    }

    private static func reading(receiverReport compound: RawSpan, _ header: RTCPHeader) -> RTCPPacket? {
        guard let report = ReceiverReport(reading: compound, header),
            let blocks = ReportBlocks(header, behind: ReceiverReport.bodyLength)
        else { return nil }
        return .receiverReport(report, blocks)
    }

    private static func reading(transportFeedback compound: RawSpan, _ header: RTCPHeader) -> RTCPPacket? {
        switch header.count {
        case TransportFeedbackFormat.nack: GenericNACK(reading: compound, header).map(Self.nack)
        case TransportFeedbackFormat.transportWide:
            TransportFeedback(reading: compound, header).map(Self.transportFeedback)
        default: .other(header)
        }
    }

    private static func reading(payloadFeedback compound: RawSpan, _ header: RTCPHeader) -> RTCPPacket? {
        switch header.count {
        case PayloadFeedbackFormat.pictureLossIndication:
            PictureLossIndication(reading: compound, header).map(Self.pictureLossIndication)
        case PayloadFeedbackFormat.fullIntraRequest:
            FullIntraRequest(reading: compound, header).map(Self.fullIntraRequest)
        case PayloadFeedbackFormat.applicationLayer:
            MaximumBitrate.isMaximumBitrate(compound, header)
                ? MaximumBitrate(reading: compound, header).map(Self.maximumBitrate) : .other(header)
        default: .other(header)
        }
    }
}
