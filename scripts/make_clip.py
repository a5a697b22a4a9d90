# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the sample clip: 20 s of the test picture and the test tone in the form that CSampleClip.h describes."""
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests" / "EndToEndTests" / "Peers"))

import media
import testpicture as picture

SECONDS = 20
VIDEO_CLOCK, AUDIO_CLOCK = 90_000, picture.SAMPLE_RATE
PACKET_SAMPLES = AUDIO_CLOCK // 50
HEADER = struct.Struct(">8s IIII II HHH 10x")
RECORD = struct.Struct(">BB2x II")
VIDEO, AUDIO, KEY = 1, 2, 1


def video_records() -> list[tuple[float, bytes]]:
    records = []
    frames = media.h264_access_units(SECONDS, ["-crf", "18", "-maxrate", "600k", "-bufsize", "300k"])
    for number, units in enumerate(frames):
        body = b"".join(struct.pack(">I", len(unit)) + unit for unit in units)
        key = KEY if any(unit[0] & 31 == 5 for unit in units) else 0
        timestamp = number * VIDEO_CLOCK // picture.RATE
        records.append((number / picture.RATE, RECORD.pack(VIDEO, key, timestamp, len(body)) + body))
    return records


def audio_records() -> list[tuple[float, bytes]]:
    # The second of two loops, so that the encoder is in mid-stream at the loop's first packet.
    packets = media.opus_packets(2 * SECONDS)[SECONDS * 50 :]
    return [
        (index / 50, RECORD.pack(AUDIO, 0, index * PACKET_SAMPLES, len(packet)) + packet)
        for index, packet in enumerate(packets)
    ]


def main(path: Path) -> None:
    video, audio = video_records(), audio_records()
    assert (len(video), len(audio)) == (SECONDS * picture.RATE, SECONDS * 50), (len(video), len(audio))
    header = HEADER.pack(
        b"SWGCLIP1", VIDEO_CLOCK, AUDIO_CLOCK, SECONDS * VIDEO_CLOCK, SECONDS * AUDIO_CLOCK,
        len(video), len(audio), picture.WIDTH, picture.HEIGHT, picture.RATE,
    )  # fmt: skip
    records = sorted(video + audio, key=lambda record: record[0])
    path.write_bytes(header + b"".join(record for _, record in records))
    print(f"{path}: {path.stat().st_size} bytes, {len(video)} frames, {len(audio)} audio packets")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
