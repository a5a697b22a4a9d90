# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""The test picture and tone as files and streams for publishers: Y4M, WAV, H.264 access units, Opus packets.

    media.py y4m|wav SECONDS FILE      writes a file
"""
import os
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import av
import imageio_ffmpeg

import layers
import testpicture as picture

CACHE = Path(__file__).resolve().parents[3] / ".artifacts" / "media"
# Constrained baseline, one slice, a key frame each second, no B-frames, parameter sets before every IDR.
X264_PARAMETERS = "slices=1:sliced-threads=0:threads=1:rc-lookahead=0:repeat-headers=1:aud=1"
X264 = [
    "-c:v", "libx264", "-profile:v", "baseline", "-level", "3.1", "-preset", "medium", "-pix_fmt", "yuv420p",
    "-bf", "0", "-g", str(picture.RATE), "-keyint_min", str(picture.RATE), "-sc_threshold", "0",
    "-x264-params", X264_PARAMETERS,
]  # fmt: skip
# Streams that differ from that in one thing; `once` and `out-of-band` are made of the plain one.
H264_STREAMS = {
    "plain": [],
    "once": [],
    "out-of-band": [],
    "b-frames": ["-profile:v", "main", "-x264-params", f"{X264_PARAMETERS}:bframes=2:b-adapt=0:b-pyramid=0"],
    "high": ["-profile:v", "high"],
    "long-interval": ["-g", str(10 * picture.RATE), "-keyint_min", str(10 * picture.RATE)],
}


def ffmpeg() -> str:
    """The FFmpeg that comes with the Python environment."""
    return imageio_ffmpeg.get_ffmpeg_exe()


def write_y4m(path: Path, seconds: int, first: int = 0) -> None:
    """The picture from a number on, uncompressed, for Chromium's fake camera and for FFmpeg."""
    with open(path, "wb") as file:
        file.write(f"YUV4MPEG2 W{picture.WIDTH} H{picture.HEIGHT} F{picture.RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(seconds * picture.RATE):
            file.write(b"FRAME\n" + picture.picture(first + number))


def write_wav(path: Path, seconds: int, first: int = 0) -> None:
    """The tone that goes with the picture, both channels alike, for Chromium's fake microphone and for FFmpeg."""
    mono = picture.tone(first // picture.RATE * picture.SAMPLE_RATE, seconds * picture.SAMPLE_RATE)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(picture.SAMPLE_RATE)
        file.writeframes(mono.repeat(2).tobytes())


def cached(kind: str, seconds: int, first: int = 0) -> Path:
    """A file of the picture ("y4m") or the tone ("wav") that is made once."""
    path = CACHE / f"grained-{seconds}{f'-from-{first}' if first else ''}.{kind}"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=CACHE, delete=False) as partial:
            {"y4m": write_y4m, "wav": write_wav}[kind](Path(partial.name), seconds, first)
        os.replace(partial.name, path)
    return path


def h264_access_units(seconds: int, rate_options: list[str], first: int = 0) -> list[list[bytes]]:
    """The picture as H.264: for each frame its NAL units, without delimiters and SEI."""
    frames = b"".join(picture.picture(first + number) for number in range(seconds * picture.RATE))
    size = f"{picture.WIDTH}x{picture.HEIGHT}"
    source = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size, "-r", str(picture.RATE), "-i", "-"]
    command = [ffmpeg(), "-loglevel", "error", *source, *X264, *rate_options, "-f", "h264", "-"]
    stream = subprocess.run(command, input=frames, stdout=subprocess.PIPE, check=True).stdout
    units: list[list[bytes]] = []
    for nal in split_annex_b(stream):
        kind = nal[0] & 31
        if kind == 9:
            units.append([])
        elif kind != 6:
            units[-1].append(nal)
    return units


def h264_layer(seconds: int, divisor: float, rate_options: list[str], first: int = 0) -> list[list[bytes]]:
    """The picture as H.264, enlarged for layers and made smaller again for one of them."""
    width, height = (round(layers.FACTOR * side / divisor / 2) * 2 for side in (picture.WIDTH, picture.HEIGHT))
    return h264_access_units(seconds, [*rate_options, "-vf", f"scale={width}:{height}:flags=neighbor"], first)


def h264_stream(
    name: str, seconds: int, rate_options: list[str], first: int = 0
) -> tuple[list[list[bytes]], list[int]]:
    """One of H264_STREAMS: its access units as they are sent, and for each its place among the pictures shown."""
    units = h264_access_units(seconds, [*rate_options, *H264_STREAMS[name]], first)
    if name in ("once", "out-of-band"):
        kept = 1 if name == "once" else 0
        units[kept:] = [[nal for nal in unit if nal[0] & 31 not in (7, 8)] for unit in units[kept:]]
    return units, places(units) if name == "b-frames" else list(range(len(units)))


def places(units: list[list[bytes]]) -> list[int]:
    """For each access unit its place among the pictures that a decoder shows."""
    decoder = av.CodecContext.create("h264", "r")
    shown: list[int] = []
    for index, unit in enumerate(units):
        packet = av.Packet(b"".join(b"\0\0\0\1" + nal for nal in unit))
        packet.pts = index
        shown += [frame.pts for frame in decoder.decode(packet)]
    shown += [frame.pts for frame in decoder.decode(None)]
    return [shown.index(index) for index in range(len(units))]


def split_annex_b(stream: bytes) -> list[bytes]:
    """The NAL units of a byte stream (ITU-T H.264 Annex B)."""
    pieces = stream.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [piece.rstrip(b"\0") if piece[-1:] == b"\0" else piece for piece in pieces if piece]


def opus_packets(seconds: int, first: int = 0, rate_options: tuple[str, ...] = ("-b:a", "64k")) -> list[bytes]:
    """The tone as Opus packets of 20 ms; packet i decodes to the tone from i * 960 on (pre-skip, RFC 7845 §4.2)."""
    pre_skip = 312
    mono = picture.tone(first * picture.SAMPLE_RATE + pre_skip, seconds * picture.SAMPLE_RATE)
    source = ["-f", "s16le", "-ar", str(picture.SAMPLE_RATE), "-ac", "2", "-i", "-"]
    encoder = ["-c:a", "libopus", "-frame_duration", "20", "-application", "audio", *rate_options]
    command = [ffmpeg(), "-loglevel", "error", *source, *encoder, "-f", "ogg", "-"]
    stream = subprocess.run(command, input=mono.repeat(2).tobytes(), stdout=subprocess.PIPE, check=True).stdout
    return split_ogg(stream)[2 : 2 + seconds * 50]


def split_ogg(stream: bytes) -> list[bytes]:
    """The packets of an Ogg stream with one logical stream (RFC 3533)."""
    packets, partial, position = [], b"", 0
    while position < len(stream):
        assert stream[position : position + 4] == b"OggS", "an Ogg page begins with OggS"
        lacing = stream[position + 27 : position + 27 + stream[position + 26]]
        position += 27 + len(lacing)
        for length in lacing:
            partial += stream[position : position + length]
            position += length
            if length < 255:
                packets.append(partial)
                partial = b""
    return packets


if __name__ == "__main__":
    kind, length, target = sys.argv[1:4]
    {"y4m": write_y4m, "wav": write_wav}[kind](Path(target), int(length))
