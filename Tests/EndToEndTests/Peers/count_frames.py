# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Counts the frames that arrive at the SFU whole, of every stream at once, by the headers that SRTP leaves in plain.

The picture's payload type is told by its timestamps, of which one in --frame-rate of a second has a frame; of the two
that keep this time, the other one of which has what is sent again, it is that of most packets.

Event: counting. It lasts until SIGTERM. Result: began (CLOCK_MONOTONIC), step (seconds of a bin), streams (of the
picture, all that there ever were), bins: complete, expected, and the longest time without a packet of some stream.
"""
import argparse
from collections import defaultdict

import capture
import framecount
import peer


def main(arguments) -> dict:
    seen: dict[int, dict[int, framecount.Stream]] = defaultdict(lambda: defaultdict(framecount.Stream))
    link = capture.Capture(arguments.link, arguments.port)
    peer.report("counting")
    began = last = None
    try:
        for datagram in link.datagrams(until=float("inf")):
            if datagram is None or not capture.is_rtp(datagram.payload):
                continue
            payload, last = datagram.payload, datagram.at
            began = began or last
            seen[payload[1] & 0x7F][int.from_bytes(payload[8:12], "big")].add(payload, last)
    except peer.Stopped:
        pass
    frame_ticks = framecount.CLOCK_RATE // arguments.frame_rate
    pictures = [streams for streams in seen.values() if framecount.keeps_time(streams, frame_ticks)]
    if not pictures:
        raise peer.PeerError("no picture came")
    most = max(pictures, key=framecount.packet_count)
    return framecount.summary(most, began, last, arguments.step, arguments.frame_rate)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--link", default="gateway")
    parser.add_argument("--port", type=int, default=41000, help="UDP port of the SFU")
    parser.add_argument("--frame-rate", type=int, default=15)
    parser.add_argument("--step", type=float, default=0.5, help="seconds of a bin")
    parser.add_argument("--seconds", type=float, default=200, help="at most")
    options = parser.parse_args()
    peer.run(lambda: main(options), limit=options.seconds)
