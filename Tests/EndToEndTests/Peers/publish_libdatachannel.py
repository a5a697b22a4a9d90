# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes the test picture and tone as OBS does: libdatachannel on Mbed TLS, H.264, Opus, an offer without candidates.

Events: answered (setup of the answer), connected, firstFrame, keyFrame (asked for: its number). Result: frames, first,
last, keyFrameRequests, setup. With --no-delete it goes away without a word, as a crashed OBS does. With
--key-frames-on-request it sends a key frame when asked, as browsers do, which OBS does not; else one each second.
With --layers the picture is 960x540 in the given layers, as OBS sends them since 32.1: one set of handlers for all, whose
SSRC, RID and number are those of the layer whose frame is sent; key frames each second, none when asked; one may pause.
With --stream the picture is one of media.H264_STREAMS; `out-of-band` has its parameter sets in the offer alone.
"""
import argparse
import base64
import random
import threading
import time

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

    def __init__(self, address: str | None, parameter_sets: str | None = None, rids: list[str] = ()):
        configuration = rtc.Configuration()
        configuration.disable_auto_negotiation = True
        configuration.disable_auto_gathering = True
        if address:
            configuration.bind_address = address
        self.peer = rtc.PeerConnection(configuration)
        self.key_frame_requests = 0
        self.key_frame_wanted = False
        self.state = "New"
        self.opened = threading.Event()
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

    def send_layers(self, streams: dict[str, list], packets: list[bytes], seconds: float, pause) -> int:
        """Sends each picture in all layers, in real time; returns how many pictures went out."""

        def frame(number: int) -> None:
            for place, (rid, units) in enumerate(streams.items()):
                if pause and pause.holds(rid, number / picture.RATE):
                    continue
                self.outgoing.ssrc = self.first_ssrc + place
                self.outgoing.rid, self.outgoing.rid_id = rid, 2
                self.outgoing.sequence_number = self.numbers[rid]
                unit = b"".join(b"\0\0\0\1" + nal for nal in units[number])
                self.video.send_frame(unit, rtc.FrameInfo(number * 90_000 // picture.RATE))
                self.numbers[rid] = self.outgoing.sequence_number

        return self._send(frame, packets, seconds)

    def send(self, frames, places: list[int], key_frames, packets: list[bytes], seconds: float) -> int:
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

        return self._send(frame, packets, seconds)

    def _send(self, frame, packets: list[bytes], seconds: float) -> int:
        """Calls `frame` for each picture, and sends the sound, in real time."""
        begin, sent, heard = time.monotonic(), 0, 0
        total = int(seconds * picture.RATE)

        def tick():
            nonlocal sent, heard
            now = time.monotonic() - begin
            while heard < len(packets) and heard / 50 <= now:
                self.audio.send_frame(packets[heard], rtc.FrameInfo(heard * 960))
                heard += 1
            while sent < total and sent / picture.RATE <= now:
                frame(sent)
                if sent == 0:
                    peer.report("firstFrame")
                sent += 1

        end = begin + seconds
        try:
            while (now := time.monotonic()) < end and self.state == "Connected":
                tick()
                time.sleep(min(0.004, end - now))
        except peer.Stopped:
            pass
        return sent


def parameter_sets(seconds: int) -> str:
    """SPS and PPS of the picture in the words of an offer (RFC 6184 §8.1)."""
    (first, *_), _ = media.h264_stream("plain", seconds, RATE)
    return ",".join(base64.b64encode(nal).decode() for nal in first if nal[0] & 31 in (7, 8))


def main(arguments) -> dict:
    length = int(arguments.seconds) + 1
    streams = {
        layer.rid: media.h264_layer(length, layer.divisor, ["-b:v", str(layer.bitrate)]) for layer in arguments.layers
    }
    frames, places = media.h264_stream(arguments.stream, 1 if streams else length, RATE)
    sets = parameter_sets(int(arguments.seconds) + 1) if arguments.stream == "out-of-band" else None
    key_frames = media.h264_access_units(int(arguments.seconds) + 1, [*RATE, "-g", "1"]) if arguments.responsive else []
    packets = media.opus_packets(int(arguments.seconds) + 1)
    publisher = Publisher(arguments.address, sets, list(streams))
    answer, location = publisher.connect(arguments.url, arguments.token)
    setup = peer.attribute(answer, "setup")
    peer.report("answered", setup=setup, location=location)
    if not publisher.opened.wait(10):
        raise peer.PeerError(f"not connected after 10 s: {publisher.state}")
    if streams:
        sent = publisher.send_layers(streams, packets, arguments.seconds, arguments.pause)
    else:
        sent = publisher.send(frames, places, key_frames, packets, arguments.seconds)
    ended_early = publisher.state != "Connected"
    status = None
    if arguments.delete:
        publisher.peer.close()
        status = peer.delete(location, arguments.token)
    requests = publisher.key_frame_requests
    return {
        "frames": sent, "first": 0, "last": sent - 1, "keyFrameRequests": requests, "setup": setup,
        "deleteStatus": status, "endedEarly": ended_early,
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--token")
    parser.add_argument("--address", help="local address to use; needed where there is only the loopback interface")
    parser.add_argument("--no-delete", dest="delete", action="store_false")
    parser.add_argument("--key-frames-on-request", dest="responsive", action="store_true")
    layers.add_arguments(parser)
    parser.add_argument("--stream", default="plain", choices=list(media.H264_STREAMS))
    options = parser.parse_args()
    peer.run(lambda: main(options), limit=options.seconds + 25)
