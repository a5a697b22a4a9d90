# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Teaches aiortc to receive VP9 (RFC 9628) and AV1 (the RTP payload format of the Alliance for Open Media).

aiortc takes the payload of each packet apart as it comes and joins what is left when a frame is complete.
"""
import struct

import aiortc.codecs
import aiortc.rtcrtpreceiver as receiver
from aiortc.codecs.base import Decoder
from aiortc.mediastreams import VIDEO_TIME_BASE
from aiortc.rtcrtpparameters import RTCRtcpFeedback, RTCRtpCodecParameters
from av import CodecContext
from av.packet import Packet

TEMPORAL_DELIMITER = b"\x12\x00"
FEEDBACK = [RTCRtcpFeedback("nack"), RTCRtcpFeedback("nack", "pli"), RTCRtcpFeedback("goog-remb")]


def vp9_payload(packet: bytes) -> bytes:
    """What follows the payload descriptor (RFC 9628 §4.2)."""
    flags, position = packet[0], 1
    if flags & 0x80:
        position += 2 if packet[position] & 0x80 else 1
    if flags & 0x20:
        position += 1 if flags & 0x10 else 2
    if flags & 0x50 == 0x50:
        while packet[position] & 1:
            position += 1
        position += 1
    if flags & 0x02:
        structure, position = packet[position], position + 1
        if structure & 0x10:
            position += 4 * ((structure >> 5) + 1)
        if structure & 0x08:
            pictures, position = packet[position], position + 1
            for _ in range(pictures):
                position += 1 + (packet[position] >> 2 & 3)
    return packet[position:]


def leb128(data: bytes, position: int) -> tuple[int, int]:
    """A number and where it ends."""
    value = shift = 0
    while True:
        byte, position = data[position], position + 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def as_leb128(value: int) -> bytes:
    encoded = b""
    while value >= 0x80:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def av1_elements(packet: bytes) -> tuple[bool, list[bytes]]:
    """Whether the first element goes on with an OBU of the packet before, and the elements."""
    header, position, elements = packet[0], 1, []
    count = header >> 4 & 3
    while position < len(packet):
        length = len(packet) - position
        if count == 0 or len(elements) + 1 < count:
            length, position = leb128(packet, position)
        elements.append(packet[position : position + length])
        position += length
    return bool(header & 0x80), elements


def av1_temporal_unit(packets: list[bytes]) -> bytes:
    """The packets of a frame as a low-overhead byte stream: each OBU with its size."""
    units: list[bytes] = []
    for packet in packets:
        continues, elements = av1_elements(packet)
        if continues and units and elements:
            units[-1] += elements.pop(0)
        units += elements
    stream = TEMPORAL_DELIMITER
    for unit in units:
        if unit[0] >> 3 & 15 == 2:
            continue
        if unit[0] & 2:
            stream += unit
            continue
        header = 2 if unit[0] & 4 else 1
        stream += bytes([unit[0] | 2]) + unit[1:header] + as_leb128(len(unit) - header) + unit[header:]
    return stream


class VideoDecoder(Decoder):
    """A decoder of FFmpeg's by name."""

    def __init__(self, name: str):
        self.codec = CodecContext.create(name, "r")
        self.codec.thread_count = 1

    def decode(self, encoded_frame):
        packet = Packet(self.stream(encoded_frame.data))
        packet.pts, packet.time_base = encoded_frame.timestamp, VIDEO_TIME_BASE
        return self.codec.decode(packet)

    def stream(self, data: bytes) -> bytes:
        return data


class AV1Decoder(VideoDecoder):
    """AV1, from packets that are each preceded by their length."""

    def stream(self, data: bytes) -> bytes:
        packets, position = [], 0
        while position < len(data):
            (length,) = struct.unpack_from("!H", data, position)
            packets.append(data[position + 2 : position + 2 + length])
            position += 2 + length
        return av1_temporal_unit(packets)


def install() -> None:
    """Adds both to what aiortc offers and decodes, after its own."""
    payload_type = 1 + max(codec.payloadType for codec in aiortc.codecs.CODECS["video"])
    for name, parameters in (("VP9", {"profile-id": "0"}), ("AV1", {})):
        aiortc.codecs.CODECS["video"] += [
            RTCRtpCodecParameters(f"video/{name}", 90_000, None, payload_type, FEEDBACK, parameters),
            RTCRtpCodecParameters("video/rtx", 90_000, None, payload_type + 1, [], {"apt": payload_type}),
        ]
        payload_type += 2
    inner_depayload, inner_decoder = receiver.depayload, receiver.get_decoder

    def depayload(codec, payload: bytes) -> bytes:
        match codec.name:
            case "VP9":
                return vp9_payload(payload)
            case "AV1":
                return struct.pack("!H", len(payload)) + payload
        return inner_depayload(codec, payload)

    def decoder(codec):
        match codec.name:
            case "VP9":
                return VideoDecoder("vp9")
            case "AV1":
                return AV1Decoder("libdav1d")
        return inner_decoder(codec)

    receiver.depayload, receiver.get_decoder = depayload, decoder


def self_test() -> None:
    assert vp9_payload(bytes([0x80, 0x81, 0x02]) + b"frame") == b"frame"
    assert vp9_payload(bytes([0xA0, 0x05, 0x10, 0x07]) + b"frame") == b"frame"
    structure = bytes([0x82, 0x05, 0x18]) + bytes(4) + bytes([2, 0x04, 1, 0x08, 1, 2])
    assert vp9_payload(structure + b"frame") == b"frame"
    assert leb128(as_leb128(300), 0) == (300, 2)
    # A delimiter, a sequence header (type 1) with its length before it, and a frame (type 6) in two packets.
    first = bytes([0x70]) + b"\x01\x12" + b"\x03\x08ab" + b"\x30cd"
    second = bytes([0x90]) + b"ef"
    assert av1_temporal_unit([first, second]) == TEMPORAL_DELIMITER + b"\x0a\x02ab" + b"\x32\x04cdef"


if __name__ == "__main__":
    self_test()
    print('{"selfTest": "passed"}')
