# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes the test picture and tone with wrtc: libwebrtc without a browser.

With --mute it shows nothing and is silent for a while, and lets Opus leave out silence (DTX).
Events: answered, connected, firstFrame, restarted, paused, resumed, the states of the connection, and
dtls-… with those of DTLS. Result: frames, setup, statistics of what was sent, deleteStatus;
with --layers the picture is 960x540 in the given layers, of which one may pause;
with --restart also patches (the statuses of a trickle, a refused and a good ICE restart) and pairChanges.
"""
import asyncio
import os
import time

os.environ.setdefault("WRTC_ALLOW_LOOPBACK", "1")

import webrtc

import layers
import livesource
import peer
import testpicture as picture

CODECS = ["VP8", "VP9", "AV1"]


class Publisher:
    """One session."""

    def __init__(self, options):
        self.options = options
        self.connection = webrtc.RTCPeerConnection()
        self.connection.on("connectionstatechange", lambda *_: peer.report(self.connection.connection_state))
        self.generators = {}
        stream = webrtc.MediaStream()
        for kind in ("audio", "video"):
            if options.only not in (None, kind):
                continue
            generator = webrtc.MediaStreamTrackGenerator(kind)
            setup = webrtc.RTCRtpTransceiverInit(direction="sendonly", streams=[stream])
            if kind == "video" and options.layers:
                setup = webrtc.RTCRtpTransceiverInit(
                    direction="sendonly", streams=[stream], send_encodings=[self._encoding(it) for it in options.layers]
                )
            transceiver = self.connection.add_transceiver(generator, setup)
            if kind == "video":
                self.sender = transceiver.sender
                transceiver.set_codec_preferences(self._preferred())
            self.generators[kind] = generator.writable.get_writer()

    @staticmethod
    def _encoding(layer: layers.Layer):
        return webrtc.RTCRtpEncodingParameters(
            rid=layer.rid, scale_resolution_down_by=layer.divisor, max_bitrate=layer.bitrate
        )

    async def pause(self, pause: layers.Pause) -> None:
        """Stops sending a layer, and begins again."""
        for moment, is_active in ((pause.at, False), (pause.at + pause.seconds, True)):
            await asyncio.sleep(max(0.0, self.begin + moment - time.monotonic()))
            parameters = self.sender.get_parameters()
            for encoding in parameters.encodings:
                if encoding.rid == pause.rid:
                    encoding.active = is_active
            await self.sender.set_parameters(parameters)
            peer.report("resumed" if is_active else "paused", rid=pause.rid)

    def _preferred(self) -> list:
        """The codecs that are offered, in their order, each once, and retransmission."""
        listed = webrtc.RTCRtpSender.get_capabilities("video").codecs
        wanted = [f"video/{name}".lower() for name in self.options.codec or CODECS]
        chosen = [next(codec for codec in listed if codec.mime_type.lower() == name) for name in wanted]
        return chosen + [codec for codec in listed if codec.mime_type.lower() == "video/rtx"]

    async def connect(self) -> tuple[str, str]:
        await self.connection.set_local_description()
        await livesource.wait_for(lambda: self.connection.ice_gathering_state == "complete", "gathering")
        answer, location = await livesource.post(self.options, self.connection.local_description.sdp, "wrtc")
        if self.options.mute:
            answer = answer.replace("useinbandfec=1", "useinbandfec=1;usedtx=1")
        description = webrtc.RTCSessionDescriptionInit(type="answer", sdp=answer)
        await self.connection.set_remote_description(description)
        await livesource.wait_for(lambda: self.connection.connection_state == "connected", "a connection")
        # What tells of close_notify: the state of the connection stays as it is until consent runs out.
        self.security = self.connection.get_senders()[0].transport
        self.security.on("statechange", lambda *_: peer.report(f"dtls-{self.security.state}"))
        return answer, location

    async def restart_ice(self, location: str, condition: str) -> int:
        """Restarts ICE, or goes on as before where that is refused; returns the status."""
        offer = await self.connection.create_offer(webrtc.RTCOfferOptions(ice_restart=True))
        await self.connection.set_local_description(offer)
        lines = [f"a={name}:{peer.attribute(offer.sdp, name)}" for name in ("ice-ufrag", "ice-pwd")]
        status, fragment = await asyncio.to_thread(peer.patch, location, lines, condition, self.options.token)
        if status == 200:
            answer = peer.with_credentials(self.connection.remote_description.sdp, fragment)
            description = webrtc.RTCSessionDescriptionInit(type="answer", sdp=answer)
            await self.connection.set_remote_description(description)
        else:
            rollback = webrtc.RTCSessionDescriptionInit(type="rollback", sdp="")
            await self.connection.set_local_description(rollback)
        peer.report("restarted", status=status)
        return status

    async def patches(self, location: str) -> list[int]:
        """Trickles, and restarts ICE in vain and in earnest, while media flows."""
        local = self.connection.local_description.sdp
        lines = [f"a={name}:{peer.attribute(local, name)}" for name in ("ice-ufrag", "ice-pwd")]
        lines += ["m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", "a=end-of-candidates"]
        trickled, _ = await asyncio.to_thread(peer.patch, location, lines, "*", self.options.token)
        await asyncio.sleep(self.options.seconds / 3)
        refused = await self.restart_ice(location, '"another"')
        await asyncio.sleep(self.options.seconds / 3)
        return [trickled, refused, await self.restart_ice(location, "*")]

    async def send(self) -> None:
        """Sends in real time."""
        count = int(self.options.seconds * picture.RATE)
        steps = {
            "video": livesource.every(1 / picture.RATE, count, self._show),
            "audio": livesource.every(1 / 50, int(self.options.seconds * 50), self._sound),
        }
        for kind in steps.keys() - self.generators.keys():
            steps.pop(kind).close()
        self.begin = time.monotonic()
        if self.options.pause:
            steps["pause"] = self.pause(self.options.pause)
        await asyncio.gather(*steps.values())

    def _is_muted(self, seconds: float) -> bool:
        begin, end = self.options.mute or (0, 0)
        return begin <= seconds < end

    async def _show(self, number: int) -> None:
        muted, before = (self._is_muted((number - late) / picture.RATE) for late in (0, 1))
        if muted != before:
            peer.report("paused" if muted else "resumed")
        if muted:
            return
        factor = layers.FACTOR if self.options.layers else 1
        size = {"coded_width": factor * picture.WIDTH, "coded_height": factor * picture.HEIGHT}
        timestamp = number * 1_000_000 // picture.RATE
        setup = webrtc.VideoFrameBufferInit(format="I420", timestamp=timestamp, **size)
        shown = picture.enlarged(self.options.first + number, factor)
        if self.options.noise:
            shown = picture.noisy(shown, factor, number)
        await self.generators["video"].write(webrtc.VideoFrame(shown, setup))
        if number == 0:
            peer.report("firstFrame")

    async def _sound(self, number: int) -> None:
        begin = self.options.first // picture.RATE * picture.SAMPLE_RATE
        samples = picture.tone(begin + number * livesource.SAMPLES, livesource.SAMPLES)
        if self._is_muted(number / 50):
            samples = samples * 0
        setup = webrtc.AudioDataInit(
            format="s16", sample_rate=picture.SAMPLE_RATE, number_of_frames=livesource.SAMPLES,
            number_of_channels=1, timestamp=number * 20_000, data=samples.tobytes(),
        )  # fmt: skip
        await self.generators["audio"].write(webrtc.AudioData(setup))
        if number == 0 and self.options.only == "audio":
            peer.report("firstFrame")

    async def statistics(self) -> list[dict]:
        """What was sent, stream by stream."""
        wanted = ["kind", "frames_encoded", "packets_sent", "retransmitted_packets_sent", "nack_count", "pli_count"]
        report = (await self.connection.get_stats()).values()
        streams = [entry for entry in report if entry.type == "outbound-rtp"]
        return [{name: getattr(entry, name, None) for name in wanted} for entry in streams]

    async def pair_changes(self) -> int:
        """How often the pair of candidates in use has become another one."""
        report = (await self.connection.get_stats()).values()
        return next(entry.selected_candidate_pair_changes for entry in report if entry.type == "transport")


async def publish(options) -> dict:
    publisher = Publisher(options)
    answer, location = await publisher.connect()
    patching = asyncio.ensure_future(publisher.patches(location)) if options.restart else None
    await livesource.stopped_early(publisher.send())
    statistics = await publisher.statistics()
    more = {}
    if patching:
        # What failed on the way is raised here.
        more = {"patches": await patching, "pairChanges": await publisher.pair_changes()}
    # Before the connection is closed, which would end the session as well.
    status = await asyncio.to_thread(peer.delete, location, options.token)
    publisher.connection.close()
    frames = next((entry["frames_encoded"] for entry in statistics if entry["kind"] == "video"), 0)
    setup = peer.attribute(answer, "setup")
    return {"frames": frames, "setup": setup, "statistics": statistics, "deleteStatus": status, **more}


if __name__ == "__main__":
    parser = livesource.parser(__doc__, CODECS, simulcast=True)
    parser.add_argument("--first", type=int, default=0, help="number of the first frame, that of a whole second")
    parser.add_argument("--mute", nargs=2, type=float, metavar=("FROM", "UNTIL"), help="seconds without sound and picture")
    chosen = parser.parse_args()
    peer.run(lambda: asyncio.run(publish(chosen)), limit=chosen.seconds + 25)
