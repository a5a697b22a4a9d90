# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes the test picture and tone with aiortc: WebRTC in Python on OpenSSL.

With --no-checks it makes no checks once it is connected, as FFmpeg 8.0 does.
Events: answered, connected, firstFrame, and the states of the connection. Result: frames, setup, deleteStatus.
"""
import asyncio
import fractions
import time

import aioice.ice
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from av import AudioFrame, VideoFrame

import livesource
import peer
import testpicture as picture


class Source(MediaStreamTrack):
    """A track in real time; it counts from 0 from when it is first asked."""

    def __init__(self, kind: str, rate: int):
        super().__init__()
        self.kind, self.rate = kind, rate
        self.sent = 0
        self._began: float | None = None

    async def recv(self):
        number, now = self.sent, time.monotonic()
        if self._began is None:
            self._began = now
            peer.report("firstFrame", kind=self.kind)
        self.sent += 1
        await asyncio.sleep(max(0.0, self._began + number / self.rate - now))
        return self.picture(number) if self.kind == "video" else self.sound(number)

    @staticmethod
    def picture(number: int) -> VideoFrame:
        planes = np.frombuffer(picture.picture(number), np.uint8).reshape(picture.HEIGHT * 3 // 2, picture.WIDTH)
        frame = VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = number * 90_000 // picture.RATE, fractions.Fraction(1, 90_000)
        return frame

    @staticmethod
    def sound(number: int) -> AudioFrame:
        samples = picture.tone(number * livesource.SAMPLES, livesource.SAMPLES).repeat(2).reshape(1, -1)
        frame = AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate = picture.SAMPLE_RATE
        frame.pts, frame.time_base = number * livesource.SAMPLES, fractions.Fraction(1, picture.SAMPLE_RATE)
        return frame


def codecs(names: list[str]) -> list:
    """What is offered for video, in this order, with retransmission."""
    listed = RTCRtpSender.getCapabilities("video").codecs
    chosen = [codec for name in names for codec in listed if codec.name == name]
    return chosen + [codec for codec in listed if codec.name == "rtx"]


async def publish(options) -> dict:
    if options.no_checks:
        aioice.ice.CONSENT_INTERVAL = 1e6
    if options.address:
        aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [options.address]
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.on("connectionstatechange", lambda: peer.report(connection.connectionState))
    sources = {"audio": Source("audio", 50), "video": Source("video", picture.RATE)}
    for kind, source in sources.items():
        if options.only in (None, kind):
            transceiver = connection.addTransceiver(source, "sendonly")
            if kind == "video":
                transceiver.setCodecPreferences(codecs(options.codec or ["VP8", "H264"]))
    await connection.setLocalDescription(await connection.createOffer())
    answer, location = await livesource.post(options, connection.localDescription.sdp, "aiortc")
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await livesource.wait_for(lambda: connection.connectionState == "connected", "a connection")
    await livesource.stopped_early(asyncio.sleep(options.seconds))
    frames = sources["video"].sent
    # Before the connection is closed, which would end the session as well.
    status = await asyncio.to_thread(peer.delete, location, options.token)
    await connection.close()
    return {"frames": frames, "setup": peer.attribute(answer, "setup"), "deleteStatus": status}


if __name__ == "__main__":
    parser = livesource.parser(__doc__, ["VP8", "H264"])
    parser.add_argument("--no-checks", action="store_true")
    chosen = parser.parse_args()
    peer.run(lambda: asyncio.run(publish(chosen)), limit=chosen.seconds + 25)
