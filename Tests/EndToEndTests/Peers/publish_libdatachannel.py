# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes the test picture and tone as OBS does: libdatachannel on Mbed TLS, H.264, Opus, an offer without candidates.

Events: answered (setup of the answer), connected, firstFrame, keyFrame (asked for: its number), paused, resumed, and
the states of the connection. Result: frames, first, last, keyFrameRequests, setup. With --no-delete it goes away without
a word, as a crashed OBS does. With --key-frames-on-request it sends a key frame when asked, as browsers do, which OBS
does not; else one each second.
With --quiet it sends no media for a while; connectivity checks go on.
With --layers the picture is 960x540 in the given layers, as OBS sends them since 32.1: one set of handlers for all, whose
SSRC, RID and number are those of the layer whose frame is sent; key frames each second, none when asked; one may pause.
With --stream the picture is one of media.H264_STREAMS; `out-of-band` has its parameter sets in the offer alone.
With --sessions it takes SIGUSR1 for a lost connection and does as OBS then does: it closes it, sends DELETE, and posts
again until it is answered.
"""
import argparse
import base64
import random
import signal
import threading
import time
from collections.abc import Callable

import libdatachannel as rtc

import layers
import media
import peer
import testpicture as picture

RATE = ["-b:v", "400k", "-maxrate", "600k", "-bufsize", "300k"]
AGENT = "Mozilla/5.0 (OBS-Studio/32.1.0; Linux x86_64; en-US)"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
# What libdatachannel says by itself: Constrained Baseline at level 3.1.
FORMAT = "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1"
MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"


def letters(count: int) -> str:
    return "".join(random.choices(LETTERS, k=count))


class Publisher:
    """One session in the shape of OBS 32.1."""

    def __init__(self, options, parameter_sets: str | None = None):
        self.options = options
        rids = [layer.rid for layer in options.layers]
        configuration = rtc.Configuration()
        configuration.disable_auto_negotiation = True
        configuration.disable_auto_gathering = True
        if options.address:
            configuration.bind_address = options.address
        self.peer = rtc.PeerConnection(configuration)
        self.key_frame_requests = 0
        self.key_frame_wanted = False
        self.state = "New"
        self.opened = threading.Event()
        self.is_lost = False
        self.peer.on_state_change(self._state_changed)
        self._kept = []
        cname, stream, ssrc = letters(16), letters(16), random.randrange(1 << 30)
        audio = rtc.Description.Audio("0", rtc.Description.Direction.SendOnly)
        audio.add_opus_codec(111)
        audio.add_ssrc(ssrc, cname, stream, f"{stream}-audio")
        self.audio = self._add(audio, rtc.RtpPacketizationConfig(ssrc, cname, 111, 48_000))
        video = rtc.Description.Video("1", rtc.Description.Direction.SendOnly)
        video.add_h264_codec(96, f"{FORMAT};sprop-parameter-sets={parameter_sets}" if parameter_sets else FORMAT)
        video.add_ext_map(rtc.Description.Video.ExtMap(1, MID_URI))
        video.add_ext_map(rtc.Description.Video.ExtMap(2, RID_URI))
        if rids:
            for rid in rids:
                video.add_rid(rid)
        else:
            video.add_ssrc(ssrc + 1, cname, stream, f"{stream}-video")
        self.numbers = dict.fromkeys(rids, 0)
        self.first_ssrc = ssrc + 1
        self.outgoing = rtc.RtpPacketizationConfig(ssrc + 1, cname, 96, 90_000)
        self.video = self._add(video, self.outgoing)
        self.video.on_open(self.opened.set)

    def _state_changed(self, state) -> None:
        self.state = state.name
        peer.report(state.name.lower())

    def _add(self, description, configuration):
        track = self.peer.add_track(description)
        if configuration.payload_type == 111:
            packetizer = rtc.OpusRtpPacketizer(configuration)
        else:
            configuration.mid, configuration.mid_id = "1", 1
            packetizer = rtc.H264RtpPacketizer(rtc.NalUnit.Separator.LongStartSequence, configuration, 1200)
        reporter, responder = rtc.RtcpSrReporter(configuration), rtc.RtcpNackResponder()
        handlers = [reporter, responder, rtc.PliHandler(self._key_frame_requested)]
        for handler in handlers:
            packetizer.add_to_chain(handler)
        track.set_media_handler(packetizer)
        self._kept += [configuration, packetizer, *handlers]
        return track

    def _key_frame_requested(self) -> None:
        self.key_frame_requests += 1
        self.key_frame_wanted = True

    def connect(self, url: str, token: str | None) -> tuple[str, str]:
        """Offers without a candidate and gathers after the answer, as OBS has done since 30.2."""
        self.peer.set_local_description(rtc.Description.Type.Offer)
        answer, location = peer.post_offer(url, str(self.peer.local_description()), token, AGENT)
        self.peer.set_remote_description(rtc.Description(answer, rtc.Description.Type.Answer))
        self.peer.gather_local_candidates()
        return answer, location

    def send_layers(self, streams: dict[str, list], packets: list[bytes]) -> int:
        """Sends each picture in all layers, in real time; returns how many pictures went out."""

        def frame(number: int) -> None:
            for place, (rid, units) in enumerate(streams.items()):
                if self.options.pause and self.options.pause.holds(rid, number / picture.RATE):
                    continue
                self.outgoing.ssrc = self.first_ssrc + place
                self.outgoing.rid, self.outgoing.rid_id = rid, 2
                self.outgoing.sequence_number = self.numbers[rid]
                unit = b"".join(b"\0\0\0\1" + nal for nal in units[number])
                self.video.send_frame(unit, rtc.FrameInfo(number * 90_000 // picture.RATE))
                self.numbers[rid] = self.outgoing.sequence_number

        return self._send(frame, packets)

    def send(self, frames, places: list[int], key_frames, packets: list[bytes]) -> int:
        """Sends in real time, with the times that `places` says; returns how many frames went out.

        After a request the frames are taken from `key_frames` (if there are any) until the next regular key frame.
        """
        only_key_frames = False

        def frame(number: int) -> None:
            nonlocal only_key_frames
            if number % picture.RATE == 0:
                self.key_frame_wanted = only_key_frames = False
            elif self.key_frame_wanted and key_frames and not only_key_frames:
                only_key_frames = True
                peer.report("keyFrame", number=number)
            unit = b"".join(b"\0\0\0\1" + nal for nal in (key_frames if only_key_frames else frames)[number])
            self.video.send_frame(unit, rtc.FrameInfo((places[number] + 2) * 90_000 // picture.RATE))

        return self._send(frame, packets)

    def _send(self, frame, packets: list[bytes]) -> int:
        """Calls `frame` for each picture, and sends the sound, in real time; returns how many pictures are behind it."""
        begin, sent, heard = time.monotonic(), 0, 0
        total = int(self.options.seconds * picture.RATE)
        quiet = self.options.quiet or [0, 0]
        is_quiet = False

        def tick():
            nonlocal sent, heard, is_quiet
            now = time.monotonic() - begin
            if is_quiet != (quiet[0] <= now < quiet[1]):
                is_quiet = not is_quiet
                peer.report("paused" if is_quiet else "resumed")
            if is_quiet:
                heard, sent = int(now * 50), int(now * picture.RATE)
                return
            while heard < len(packets) and heard / 50 <= now:
                self.audio.send_frame(packets[heard], rtc.FrameInfo(heard * 960))
                heard += 1
            while sent < total and sent / picture.RATE <= now:
                frame(sent)
                if sent == 0:
                    peer.report("firstFrame")
                sent += 1

        def lose(*_):
            self.is_lost = True

        signal.signal(signal.SIGUSR1, lose)
        end = begin + self.options.seconds
        try:
            while (now := time.monotonic()) < end and self.state == "Connected" and not self.is_lost:
                tick()
                time.sleep(min(0.004, end - now))
        except peer.Stopped:
            pass
        return sent


def parameter_sets(seconds: int) -> str:
    """SPS and PPS of the picture in the words of an offer (RFC 6184 §8.1)."""
    (first, *_), _ = media.h264_stream("plain", seconds, RATE)
    return ",".join(base64.b64encode(nal).decode() for nal in first if nal[0] & 31 in (7, 8))


def prepare(arguments, first: int) -> Callable[[Publisher], int]:
    """Makes what one session sends, and gives what sends it."""
    seconds = int(arguments.seconds) + 1
    packets = media.opus_packets(seconds, first // picture.RATE)
    if arguments.layers:
        streams = {
            layer.rid: media.h264_layer(seconds, layer.divisor, ["-b:v", str(layer.bitrate)], first)
            for layer in arguments.layers
        }
        return lambda publisher: publisher.send_layers(streams, packets)
    frames, places = media.h264_stream(arguments.stream, seconds, RATE, first)
    key_frames = media.h264_access_units(seconds, [*RATE, "-g", "1"], first) if arguments.responsive else []
    return lambda publisher: publisher.send(frames, places, key_frames, packets)


def connect(arguments, sets: str | None, patience: float = 0) -> tuple[Publisher, str, str]:
    """Posts until it is answered, as OBS does when it connects again, and waits for the connection."""
    give_up = time.monotonic() + patience
    while True:
        publisher = Publisher(arguments, sets)
        try:
            answer, location = publisher.connect(arguments.url, arguments.token)
            break
        except peer.PeerError:
            if time.monotonic() > give_up:
                raise
            time.sleep(1)
    setup = peer.attribute(answer, "setup")
    peer.report("answered", setup=setup, location=location)
    if not publisher.opened.wait(10):
        raise peer.PeerError(f"not connected after 10 s: {publisher.state}")
    return publisher, setup, location


def main(arguments) -> dict:
    sets = parameter_sets(int(arguments.seconds) + 1) if arguments.stream == "out-of-band" else None
    firsts = [arguments.first + index * arguments.step for index in range(arguments.sessions)]
    sent, statuses, requests = 0, [], 0
    for index, first in enumerate(firsts):
        # OBS, too, takes its time before it connects again.
        send = prepare(arguments, first)
        publisher, setup, location = connect(arguments, sets, arguments.patience if index else 0)
        sent = send(publisher)
        ended_early = publisher.state != "Connected"
        requests += publisher.key_frame_requests
        if arguments.delete:
            publisher.peer.close()
            statuses.append(peer.delete(location, arguments.token))
        if not (publisher.is_lost or ended_early):
            break
    return {
        "frames": sent, "first": firsts[index], "last": firsts[index] + sent - 1, "keyFrameRequests": requests,
        "setup": setup, "deleteStatus": statuses[-1] if statuses else None, "deleteStatuses": statuses,
        "endedEarly": ended_early,
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--first", type=int, default=0, help="number of the first frame, that of a whole second")
    parser.add_argument("--sessions", type=int, default=1, help="how many, one after another, at each SIGUSR1")
    parser.add_argument("--step", type=int, default=900, help="how far the numbers of two sessions are apart")
    parser.add_argument("--patience", type=float, default=60, help="how long it tries to connect again")
    parser.add_argument("--token")
    parser.add_argument("--address", help="local address to use; needed where there is only the loopback interface")
    parser.add_argument("--no-delete", dest="delete", action="store_false")
    parser.add_argument("--key-frames-on-request", dest="responsive", action="store_true")
    parser.add_argument("--quiet", nargs=2, type=float, metavar=("FROM", "UNTIL"), help="seconds without media")
    layers.add_arguments(parser)
    parser.add_argument("--stream", default="plain", choices=list(media.H264_STREAMS))
    options = parser.parse_args()
    limit = options.seconds * options.sessions + options.patience * (options.sessions - 1) + 25
    peer.run(lambda: main(options), limit=limit)
