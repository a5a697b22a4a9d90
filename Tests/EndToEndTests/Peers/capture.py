# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Sees the UDP datagrams that arrive at a port, as the wire has them."""
import socket
import struct
import time
from dataclasses import dataclass

ETHERNET, UDP = 14, 17
ETH_P_IP = 0x0800


@dataclass(frozen=True)
class Datagram:
    source: str
    port: int
    payload: bytes
    at: float


class Capture:
    """A link of the namespace that it is made in."""

    def __init__(self, link: str, port: int, room: int = 32 << 20):
        self.port = port
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
        # Beyond the limit for processes that may not administer the network.
        self._socket.setsockopt(socket.SOL_SOCKET, 33, room)
        self._socket.bind((link, ETH_P_IP))

    def datagrams(self, until: float):
        """Those that come until a moment of CLOCK_MONOTONIC; None from time to time."""
        while (left := until - time.monotonic()) > 0:
            self._socket.settimeout(min(left, 0.1))
            try:
                frame, address = self._socket.recvfrom(2048)
            except TimeoutError:
                yield None
                continue
            if address[2] != socket.PACKET_OUTGOING and (found := self._parse(frame)):
                yield found

    def _parse(self, frame: bytes) -> Datagram | None:
        start = ETHERNET + (frame[ETHERNET] & 15) * 4
        if frame[ETHERNET + 9] != UDP:
            return None
        source, destination, length = struct.unpack_from(">HHH", frame, start)
        if destination != self.port:
            return None
        address = socket.inet_ntoa(frame[ETHERNET + 12 : ETHERNET + 16])
        return Datagram(address, source, frame[start + 8 : start + length], time.monotonic())


def is_rtp(payload: bytes) -> bool:
    return len(payload) > 12 and payload[0] >> 6 == 2 and not is_rtcp(payload)


def is_rtcp(payload: bytes) -> bool:
    return len(payload) > 8 and payload[0] >> 6 == 2 and 192 <= payload[1] <= 223


def requested_fragment(payload: bytes) -> str | None:
    """The user name fragment that a Binding request is addressed to (RFC 8489 §14.3)."""
    if len(payload) < 20 or payload[:2] != b"\0\1":
        return None
    place = 20
    while place + 4 <= len(payload):
        kind, size = struct.unpack_from(">HH", payload, place)
        if kind == 6:
            return payload[place + 4 : place + 4 + size].split(b":")[0].decode()
        place += 4 + (size + 3) // 4 * 4
    return None
