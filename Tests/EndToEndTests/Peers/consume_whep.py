# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Subscribes by WHEP with aiortc and measures what arrives, packet by packet: the sink of the tests.

Waits for a publisher (404 and Retry-After), then receives for --seconds from the first frame on, or until SIGTERM.
Events: answered, connected, firstPicture. Result: video (numbers), tone, streams (RTP continuity), keyFrames (of H.264,
what comes before them), codec (of the picture), width, height, sizes (how many frames had each).
With --segments it tells apart what follows each other (`synchrony.py`): event segment, result segments and arrivals.
A frame counts when its number is read from the decoded picture. The decoder gets a frame once all packets of it and of
those before it are there; it waits for a missing packet while 64 others come, some 1.5 s, and goes on without then.
With several addresses it has a session with each and decodes nothing; it measures from when something comes in each of
them (event: settled), and the result is `sessions`: url and streams.
"""
import argparse
import asyncio
import collections
import contextlib
import signal
import time

import aiohttp
import aioice.ice
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.jitterbuffer import JitterBuffer
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtcpSrPacket

import counting
import h264
import peer
import sinkcodecs
import synchrony
import testpicture as picture


# How many packets come after a missing one before the decoder goes on without it.
PATIENCE = 64


class Sink:
    """One WHEP session."""

    def __init__(self, arguments, url: str, decodes: bool = True):
        self.arguments, self.url, self.decodes = arguments, url, decodes
        self.numbers = counting.NumberLog(arguments.modulo)
        self.tones = counting.ToneLog()
        self.streams: dict[int, counting.PacketLog] = {}
        self.key_frames = h264.KeyFrameLog()
        self.codec: str | None = None
        self.size: tuple[int, int] | None = None
        self.sizes: collections.Counter[tuple[int, int]] = collections.Counter()
        self.synchrony = synchrony.Synchrony(arguments.segments) if arguments.segments else None
        self._recent = np.empty(0, np.int16)
        self.began = asyncio.Event()
        self._samples = np.empty(0, np.int16)
        self._tasks: list[asyncio.Task] = []
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        for kind in [arguments.only] if arguments.only else ("audio", "video"):
            self.connection.addTransceiver(kind, "recvonly")
        self.connection.on("connectionstatechange", lambda: peer.report(self.connection.connectionState))
        self.connection.on("track", self._receive)
        for transceiver in self.connection.getTransceivers():
            if transceiver.kind == "video":
                transceiver.receiver._RTCRtpReceiver__jitter_buffer = JitterBuffer(PATIENCE, is_video=True)
            self._observe(transceiver.receiver)

    def _observe(self, receiver: RTCRtpReceiver) -> None:
        """Sees each packet before aiortc's jitter buffer does."""
        inner_rtp, inner_rtcp = receiver._handle_rtp_packet, receiver._handle_rtcp_packet

        async def rtp(packet, arrival_time_ms):
            at = time.monotonic()
            if packet.ssrc not in self.streams:
                self.streams[packet.ssrc] = counting.PacketLog(packet.ssrc, packet.payload_type, at)
            rate = 48_000 if receiver._track is not None and receiver._track.kind == "audio" else 90_000
            size = len(packet.payload)
            place = self.streams[packet.ssrc].add(packet.sequence_number, packet.timestamp, size, rate, at)
            if rate == 90_000:
                self._note(receiver, packet, place)
            if self.decodes:
                await inner_rtp(packet, arrival_time_ms=arrival_time_ms)

        async def rtcp(packet):
            if isinstance(packet, RtcpSrPacket):
                stream = self.streams.get(packet.ssrc)
                if stream and stream.first_report_at is None:
                    stream.first_report_at = time.monotonic()
                if self.synchrony:
                    self._note_report(receiver, packet.sender_info)
            await inner_rtcp(packet)

        receiver._handle_rtp_packet, receiver._handle_rtcp_packet = rtp, rtcp

    def _note_report(self, receiver: RTCRtpReceiver, report) -> None:
        """Lays a sender report on the timestamps that decoded frames have."""
        origin = receiver._RTCRtpReceiver__timestamp_mapper._origin
        if origin is None:
            return
        kind, rate = receiver._track.kind, 48_000 if receiver._track.kind == "audio" else 90_000
        timestamp = (report.rtp_timestamp - origin + 0x8000_0000) % (1 << 32) - 0x8000_0000
        self.synchrony.report(kind, report.ntp_timestamp / (1 << 32), timestamp / rate, time.monotonic())

    def _note(self, receiver: RTCRtpReceiver, packet, place: int) -> None:
        """Looks into a packet of the picture."""
        codec = receiver._RTCRtpReceiver__codecs.get(packet.payload_type)
        if codec is not None and codec.name != "rtx":
            self.codec = codec.name
            if codec.name == "H264":
                self.key_frames.add(place, packet.timestamp, packet.payload)

    def _receive(self, track) -> None:
        self._tasks.append(asyncio.ensure_future(self._read(track)))

    async def _read(self, track) -> None:
        try:
            while True:
                frame = await track.recv()
                if track.kind == "video":
                    self._saw(frame)
                else:
                    self._heard(frame)
        except MediaStreamError:
            pass

    def _saw(self, frame) -> None:
        at = time.monotonic()
        number = picture.read_number(frame.to_ndarray(format="gray"))
        self.numbers.add(number, at)
        if self.synchrony and number is not None and self.synchrony.saw(number, frame.pts / 90_000, at):
            peer.report("segment", number=number)
        if self.size is None:
            peer.report("firstPicture", number=number, width=frame.width, height=frame.height)
            self.began.set()
        self.size = (frame.width, frame.height)
        self.sizes[self.size] += 1

    def _heard(self, frame) -> None:
        samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0]
        self._samples = np.concatenate([self._samples, samples])
        if self.synchrony:
            self._heard_lately(samples, frame.pts / frame.sample_rate)
        window = picture.SAMPLE_RATE // 5
        while len(self._samples) >= window:
            self.tones.add(picture.measure_tone(self._samples[:window]), time.monotonic())
            self._samples = self._samples[window:]
            if self.arguments.only == "audio":
                self.began.set()

    def _heard_lately(self, samples: np.ndarray, timestamp: float) -> None:
        """The tone of the last 60 ms, of which these samples are the end."""
        window = picture.SAMPLE_RATE * 60 // 1000
        self._recent = np.concatenate([self._recent, samples])[-window:]
        if len(self._recent) == window:
            middle = timestamp + (len(samples) - window / 2) / picture.SAMPLE_RATE
            frequency = picture.measure_tone(self._recent)
            tone = None if frequency is None else picture.nearest_tone(frequency)
            self.synchrony.heard(tone, middle, time.monotonic())

    async def open(self, http: aiohttp.ClientSession) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        give_up = time.monotonic() + self.arguments.wait
        offer = self.connection.localDescription.sdp
        while True:
            headers = {"Content-Type": "application/sdp", **peer.bearer(self.arguments.token)}
            try:
                async with http.post(self.url, data=offer, headers=headers) as reply:
                    body = await reply.text()
                    if reply.status == 201:
                        address = str(reply.url.join(aiohttp.client.URL(reply.headers["Location"])))
                        peer.report("answered", setup=peer.attribute(body, "setup"), location=address)
                        await self.connection.setRemoteDescription(RTCSessionDescription(body, "answer"))
                        return address
                    problem, pause = f"status {reply.status}: {body}", float(reply.headers.get("Retry-After", 1))
                    if reply.status not in (404, 503):
                        raise peer.PeerError(problem)
            except aiohttp.ClientError as error:
                problem, pause = str(error), 1.0
            if time.monotonic() + pause > give_up:
                raise peer.PeerError(problem)
            await asyncio.sleep(min(pause, self.arguments.retry))

    def result(self) -> dict:
        width, height = self.size or (0, 0)
        return {
            "video": self.numbers.summary(),
            "tone": self.tones.summary(),
            "streams": [stream.summary() for stream in self.streams.values()],
            "keyFrames": self.key_frames.summary(),
            "codec": self.codec,
            "width": width,
            "height": height,
            "sizes": [{"width": w, "height": h, "frames": count} for (w, h), count in self.sizes.items()],
            "segments": self.synchrony.summary() if self.synchrony else None,
            "arrivals": self.synchrony.arrivals() if self.synchrony else None,
        }


async def consume(arguments) -> dict:
    sinkcodecs.install()
    if arguments.address:
        aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [arguments.address]
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    async with aiohttp.ClientSession() as http:
        single = len(arguments.url) == 1
        sinks = [Sink(arguments, url, decodes=single) for url in arguments.url]
        addresses = [await sink.open(http) for sink in sinks]
        if single:
            await asyncio.wait_for(sinks[0].began.wait(), arguments.wait)
        else:
            await asyncio.wait_for(settle(sinks), arguments.wait)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), arguments.seconds)
        results = [sink.result() for sink in sinks]
        statuses = [await end(http, address, arguments.token) for address in addresses]
        for sink in sinks:
            await sink.connection.close()
    if single:
        return {**results[0], "deleteStatus": statuses[0]}
    return {"sessions": [{"url": sink.url, **result} for sink, result in zip(sinks, results)]}


async def settle(sinks: list[Sink]) -> None:
    """Waits until sound and picture come in every session, and forgets what came while others were opened."""
    while any(len(sink.streams) < 2 for sink in sinks):
        await asyncio.sleep(0.05)
    for sink in sinks:
        sink.streams.clear()
    peer.report("settled")


async def end(http: aiohttp.ClientSession, address: str, token: str | None) -> int:
    async with http.delete(address, headers=peer.bearer(token)) as reply:
        return reply.status


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="+")
    parser.add_argument("--seconds", type=float, default=10, help="how long to measure from the first picture on")
    parser.add_argument("--wait", type=float, default=20, help="how long to wait for a publisher, and for a picture")
    parser.add_argument("--retry", type=float, default=1, help="longest pause between two tries")
    parser.add_argument("--modulo", type=int, default=picture.NUMBERS, help="300 for the sample clip")
    parser.add_argument("--segments", type=int, help="publishers begin with multiples of this number, each its own")
    parser.add_argument("--token")
    parser.add_argument("--only", choices=["audio", "video"], help="what is asked for; both by default")
    parser.add_argument("--address", help="local address to use; needed where there is only the loopback interface")
    options = parser.parse_args()
    peer.run(lambda: asyncio.run(consume(options)), limit=options.seconds + 2 * options.wait + 15)
