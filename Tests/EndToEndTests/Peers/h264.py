# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Looks into RTP packets of H.264 (RFC 6184): which NAL units are in them, and what comes before each key frame."""

IDR, SPS, PPS, STAP_A, FU_A = 5, 7, 8, 24, 28


def nal_types(payload: bytes) -> list[int]:
    """The types of the NAL units that begin in a packet."""
    kind = payload[0] & 31 if payload else 0
    if kind == FU_A:
        return [payload[1] & 31] if len(payload) > 1 and payload[1] & 0x80 else []
    if kind != STAP_A:
        return [kind]
    types, position = [], 1
    while position + 2 < len(payload):
        types.append(payload[position + 2] & 31)
        position += 2 + int.from_bytes(payload[position : position + 2])
    return types


class KeyFrameLog:
    """The packets of a stream, and what its key frames are preceded by, in the order of sequence numbers."""

    def __init__(self):
        self._packets: dict[int, tuple[int, bytes]] = {}

    def add(self, place: int, timestamp: int, payload: bytes) -> None:
        """One packet; only the types of its NAL units are kept."""
        self._packets.setdefault(place, (timestamp, bytes(nal_types(payload))))

    def summary(self) -> dict:
        """`bare` lists the key frames, counted from 0, without SPS and PPS of the same timestamp before them.

        The very first packets are left out: their key frame may have begun before they came.
        """
        found, bare, numbers = 0, [], []
        timestamp, before, in_key_frame, whole = None, set(), False, False
        for place, (stamp, types) in sorted(self._packets.items()):
            if stamp != timestamp:
                whole = timestamp is not None
                timestamp, before, in_key_frame = stamp, set(), False
                if whole:
                    numbers.append(stamp)
            for kind in types:
                if kind == IDR and not in_key_frame and whole:
                    in_key_frame = True
                    if not {SPS, PPS} <= before:
                        bare.append(found)
                    found += 1
                before.add(kind)
        return {"count": found, "bare": bare, "backwards": self._backwards(numbers)}

    @staticmethod
    def _backwards(stamps: list[int]) -> int:
        """How many pictures are shown before one that was sent earlier: those are B-frames."""
        return sum((b - a) & 0xFFFF_FFFF >= 0x8000_0000 for a, b in zip(stamps, stamps[1:]))


def self_test() -> None:
    assert nal_types(bytes([0x67, 1])) == [7] and nal_types(bytes([0x7C, 0x85, 0])) == [5]
    assert nal_types(bytes([0x7C, 0x05, 0])) == [] and nal_types(b"") == [0]
    assert nal_types(bytes([0x78, 0, 2, 0x67, 1, 0, 1, 0x68])) == [7, 8]
    log = KeyFrameLog()
    frames = [(1, [0x61]), (2, [0x67]), (2, [0x68]), (2, [0x7C, 0x85]), (2, [0x7C, 0x45]), (3, [0x61]), (4, [0x65])]
    frames += [(6, [0x61]), (5, [0x61])]
    for place, (timestamp, payload) in reversed(list(enumerate(frames))):
        log.add(place, timestamp, bytes(payload))
    assert log.summary() == {"count": 2, "bare": [1], "backwards": 1}, log.summary()


if __name__ == "__main__":
    self_test()
    print('{"selfTest": "passed"}')
