# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""What floods are made of: datagrams of STUN, DTLS, RTP and RTCP, and sockets that send in the name of others."""
import os
import random
import socket
import struct
import time
import zlib

import capture
import netns


def junk(count: int) -> list[bytes]:
    """Of every protocol that shares the port, by its first byte, and of none."""
    return [bytes([index % 256]) + os.urandom(random.randrange(0, 1200)) for index in range(count)]


def binding_request(fragment: str) -> bytes:
    """A connectivity check that is right in everything but its integrity (RFC 8445 §7.2.2)."""
    username = f"{fragment}:attacker".encode()
    attributes = _attribute(6, username) + _attribute(0x24, struct.pack(">I", 0x7E00_00FF))
    attributes += _attribute(0x802A, os.urandom(8)) + _attribute(8, os.urandom(20))
    header = struct.pack(">HHI12s", 1, len(attributes) + 8, 0x2112_A442, os.urandom(12))
    fingerprint = zlib.crc32(header + attributes) ^ 0x5354_554E
    return header + attributes + _attribute(0x8028, struct.pack(">I", fingerprint))


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)


def client_hello() -> bytes:
    """The first flight of a DTLS 1.2 client that offers SRTP (RFC 6347 §4.2, RFC 5764 §4.1.1)."""
    suites = struct.pack(">HHH", 4, 0xC02B, 0xC02F)
    extensions = struct.pack(">HHHHH", 10, 6, 4, 0x001D, 0x0017) + struct.pack(">HHBB", 11, 2, 1, 0)
    extensions += struct.pack(">HHHHH", 13, 6, 4, 0x0403, 0x0804) + struct.pack(">HHHHHB", 14, 7, 4, 1, 7, 0)
    body = b"\xfe\xfd" + os.urandom(32) + b"\0\0" + suites + b"\1\0" + struct.pack(">H", len(extensions)) + extensions
    length = len(body).to_bytes(3, "big")
    handshake = b"\1" + length + b"\0\0" + b"\0\0\0" + length + body
    return b"\x16\xfe\xff" + bytes(8) + struct.pack(">H", len(handshake)) + handshake


def mutated(payload: bytes) -> bytes:
    """A packet with one to four wrong bits, in its number, SSRC, payload or tag; half of RTP looks like coming later."""
    changed = bytearray(payload)
    if capture.is_rtp(payload) and random.random() < 0.5:
        number = int.from_bytes(payload[2:4], "big") + random.randrange(2_000, 20_000)
        struct.pack_into(">H", changed, 2, number & 0xFFFF)
    for _ in range(random.randint(1, 4)):
        changed[random.randrange(2, len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


class Spoofer:
    """Sends in anybody's name."""

    def __init__(self, target: str, port: int):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._target, self._port = target, port

    def packet(self, source: str, port: int, payload: bytes) -> bytes:
        """An IP packet; the kernel fills in its checksum, UDP over IPv4 needs none."""
        size = 28 + len(payload)
        addresses = socket.inet_aton(source) + socket.inet_aton(self._target)
        header = struct.pack(">BBHHHBBH", 0x45, 0, size, 0, 0, 64, capture.UDP, 0) + addresses
        return header + struct.pack(">HHHH", port, self._port, size - 20, 0) + payload

    def send(self, packet: bytes) -> None:
        self._socket.sendto(packet, (self._target, 0))


def observe(owner: str, port: int, seconds: float) -> list[capture.Datagram]:
    """What publishers send to the gateway meanwhile."""
    with netns.inside(netns.name(owner, "gateway")):
        link = capture.Capture("publisher", port)
    return [datagram for datagram in link.datagrams(time.monotonic() + seconds) if datagram]
