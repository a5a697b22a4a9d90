# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes the test picture and tone with FFmpeg's WHIP muxer (H.264 and Opus).

By default FFmpeg offers `a=setup:passive`, with --dtls-active `a=setup:active`.
Events: started (pid of FFmpeg), publishing (first frame given to the muxer; ports: those of its UDP sockets). Result: frames, first, last, log.
"""
import argparse
import ctypes
import os
import signal
import subprocess
import time

import media
import peer
import testpicture as picture


def command(arguments) -> list[str]:
    length = int(arguments.seconds) + 2
    video = ["-re", "-i", str(media.cached("y4m", length, arguments.first))]
    audio = ["-re", "-i", str(media.cached("wav", length, arguments.first))]
    encoders = [*media.X264, "-tune", "zerolatency", "-b:v", arguments.bitrate, "-c:a", "libopus", "-b:a", "64k"]
    if arguments.noise:
        limits = ["-maxrate", arguments.bitrate, "-bufsize", arguments.bitrate]
        encoders = ["-vf", "noise=alls=25:allf=t", *limits, *encoders]
    muxer = ["-f", "whip", "-handshake_timeout", "8000"]
    if arguments.dtls_active:
        muxer += ["-whip_flags", "dtls_active"]
    if arguments.token:
        muxer += ["-authorization", arguments.token]
    shown = ["-hide_banner", "-loglevel", "level+verbose", "-stats_period", "0.2", "-progress", "pipe:1"]
    return [media.ffmpeg(), *shown, *video, *audio, "-t", str(arguments.seconds), *encoders, *muxer, arguments.url]


def die_with_parent() -> None:
    """Asks the kernel to end FFmpeg where this script is killed (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def udp_ports(pid: int) -> list[int]:
    """The local ports of a process's UDP sockets over IPv4 (proc(5))."""
    links = [os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd")]
    rows = [line.split() for line in open(f"/proc/{pid}/net/udp").readlines()[1:]]
    return [int(row[1].split(":")[1], 16) for row in rows if f"socket:[{row[9]}]" in links]


def main(arguments) -> dict:
    log_path = media.CACHE / f"ffmpeg-{time.monotonic_ns()}.log"
    line = command(arguments)
    with open(log_path, "w+") as log:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": log, "text": True}
        # In a session of its own it gets no signal that was meant for this script.
        process = subprocess.Popen(line, **pipes, start_new_session=True, preexec_fn=die_with_parent)
        peer.report("started", pid=process.pid)
        frames = 0
        try:
            for text in process.stdout:
                if text.startswith("frame="):
                    if frames == 0 and int(text[6:]) > 0:
                        peer.report("publishing", ports=udp_ports(process.pid))
                    frames = int(text[6:])
        except peer.Stopped:
            # As a person would: FFmpeg then still sends its DELETE, which it does not after SIGINT.
            process.communicate("q")
        status = process.wait()
        log.seek(0)
        said = log.read().splitlines()
    log_path.unlink()
    interesting = [text for text in said if "[error]" in text or "[fatal]" in text or "whip" in text.lower()][-12:]
    if frames == 0 or status != 0:
        raise peer.PeerError(f"FFmpeg ended with {status} after {frames} frames: {' | '.join(interesting)}")
    first = arguments.first
    return {"frames": frames, "first": first, "last": first + frames - 1, "status": status, "log": interesting}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--first", type=int, default=0, help="number of the first frame, that of a whole second")
    parser.add_argument("--token")
    parser.add_argument("--dtls-active", action="store_true")
    parser.add_argument("--bitrate", default="400k")
    parser.add_argument("--noise", action="store_true", help="pictures that take what bit rate they can get")
    options = parser.parse_args()
    assert options.seconds * picture.RATE < picture.NUMBERS
    peer.run(lambda: main(options), limit=options.seconds + 25)
