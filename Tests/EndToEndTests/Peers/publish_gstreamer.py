# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes the test picture and tone with GStreamer's webrtcbin (libnice, OpenSSL). Runs in the system's Python.

It begins to encode before it offers, as webrtcbin must; frames until the connection are lost, and numbers begin there.
Events: again (it is run anew), answered, connected, firstFrame. Result: frames (encoded), setup, deleteStatus, and
what makes its offers special: mids, portsOfZero (media sections with port 0), certificateKey.
"""
import os
import signal
import subprocess
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC

import livesource
import peer
import testpicture as picture

# How long gathering may take, and the variable that counts how often it took longer.
GATHERING_SECONDS = 2
TRIES = "SWG_GATHERING_TRIES"
VIDEO = {
    "VP8": "vp8enc deadline=1 cpu-used=8 target-bitrate=400000 keyframe-max-dist=60 ! rtpvp8pay picture-id-mode=2"
    " ! application/x-rtp,media=video,encoding-name=VP8,payload=96",
    "H264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate=400 key-int-max=30 bframes=0"
    " ! video/x-h264,profile=constrained-baseline ! h264parse ! rtph264pay config-interval=-1"
    " aggregate-mode=zero-latency ! application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000",
}
PIPELINE = """
webrtcbin name=session bundle-policy=max-bundle latency=100
appsrc name=video is-live=true format=time do-timestamp=true
  caps=video/x-raw,format=I420,width={width},height={height},framerate={rate}/1 ! queue ! {video} ! session.
appsrc name=audio is-live=true format=time do-timestamp=true
  caps=audio/x-raw,format=S16LE,rate={samples},channels=1,layout=interleaved
  ! audioconvert ! audioresample ! opusenc ! rtpopuspay ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97
  ! session.
"""


class Publisher:
    """One session. What webrtcbin is given is kept, because its Python binding does not."""

    def __init__(self, options):
        self.options = options
        Gst.init(None)
        codec = VIDEO[(options.codec or ["VP8"])[0]]
        size = {"width": picture.WIDTH, "height": picture.HEIGHT, "rate": picture.RATE}
        self.pipeline = Gst.parse_launch(PIPELINE.format(video=codec, samples=picture.SAMPLE_RATE, **size))
        self.session = self.pipeline.get_by_name("session")
        self.loop = GLib.MainLoop()
        self.connected = threading.Event()
        self.frames = 0
        self.offer = self.answer = ""
        self.location = self.error = None
        self._kept = []
        for index in range(2):
            transceiver = self.session.emit("get-transceiver", index)
            transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
            transceiver.set_property("do-nack", True)
        if options.address:
            self.session.get_property("ice-agent").emit("add-local-ip-address", options.address)
        self.session.connect("on-negotiation-needed", self._negotiate)
        GLib.timeout_add(20, self._gathered)
        GLib.timeout_add_seconds(GATHERING_SECONDS, self._begin_again)
        self.session.connect("notify::connection-state", self._changed)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", lambda _, message: self._fail(message.parse_error()[0].message))

    def _fail(self, error: str) -> None:
        self.error = error
        self.loop.quit()

    def _negotiate(self, _) -> None:
        promise = Gst.Promise.new_with_change_func(self._offered)
        self._kept.append(promise)
        self.session.emit("create-offer", None, promise)

    def _offered(self, promise, *_) -> None:
        promise.wait()
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        self._kept += [reply, offer]
        self.session.emit("set-local-description", offer, Gst.Promise.new())

    def _gathered(self) -> bool:
        if self.session.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            return True
        return self._post()

    def _begin_again(self) -> bool:
        """webrtcbin 1.22.0 now and then never ends gathering: the script is run anew, four times at most."""
        tries = int(os.environ.get(TRIES, "1"))
        if not self.offer and tries < 5:
            peer.report("again")
            os.environ[TRIES] = str(tries + 1)
            os.execv(sys.executable, [sys.executable, *sys.argv])
        return False

    def _post(self) -> bool:
        self.offer = self.session.get_property("local-description").sdp.as_text()
        given = peer.leave_out(self.offer, self.options.without)
        try:
            agent = Gst.version_string()
            self.answer, self.location = peer.post_offer(self.options.url, given, self.options.token, agent)
        except peer.PeerError as error:
            self._fail(str(error))
            return False
        peer.report("answered", setup=peer.attribute(self.answer, "setup"), location=self.location)
        _, message = GstSdp.SDPMessage.new()
        GstSdp.sdp_message_parse_buffer(self.answer.encode(), message)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self._kept += [message, description]
        self.session.emit("set-remote-description", description, Gst.Promise.new())
        return False

    def _changed(self, *_) -> None:
        state = self.session.get_property("connection-state").value_nick
        peer.report(state)
        if state == "connected":
            self.connected.set()
            GLib.timeout_add(int(self.options.seconds * 1000), self.loop.quit)

    def feed(self, name: str, rate: int, data) -> None:
        """Gives one source what it sends, in real time, until the pipeline ends."""
        source, begin, number = self.pipeline.get_by_name(name), time.monotonic(), 0
        told = name != "video"
        while source.emit("push-buffer", Gst.Buffer.new_wrapped(data(number))) == Gst.FlowReturn.OK:
            if not told and self.connected.is_set():
                told = True
                peer.report("firstFrame", number=number)
            number += 1
            self.frames = max(self.frames, number if name == "video" else 0)
            time.sleep(max(0.0, begin + number / rate - time.monotonic()))

    def certificate_key(self) -> str:
        """The kind of key in the certificate: webrtcbin's is RSA."""
        transport = self.session.emit("get-transceiver", 0).get_property("sender").get_property("transport")
        certificate = transport.get_property("certificate")
        text = subprocess.run(
            ["openssl", "x509", "-noout", "-text"], input=certificate, capture_output=True, text=True, check=True
        ).stdout
        return "RSA" if "rsaEncryption" in text else "another"

    def run(self) -> None:
        self.pipeline.set_state(Gst.State.PLAYING)
        sources = [
            ("video", picture.RATE, picture.picture),
            ("audio", 50, lambda number: picture.tone(number * livesource.SAMPLES, livesource.SAMPLES).tobytes()),
        ]
        for source in sources:
            threading.Thread(target=self.feed, args=source, daemon=True).start()
        GLib.timeout_add_seconds(15, self._give_up)
        for name in (signal.SIGTERM, signal.SIGINT):
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, name, self.loop.quit)
        self.loop.run()
        if self.error:
            raise peer.PeerError(self.error)

    def _give_up(self) -> bool:
        if not self.connected.is_set():
            self._fail("not connected after 15 s")
        return False


def main(options) -> dict:
    publisher = Publisher(options)
    publisher.run()
    key = publisher.certificate_key()
    lines = publisher.offer.splitlines()
    status = peer.delete(publisher.location, options.token)
    publisher.pipeline.set_state(Gst.State.NULL)
    return {
        "frames": publisher.frames, "setup": peer.attribute(publisher.answer, "setup"), "deleteStatus": status,
        "mids": [line[6:].strip() for line in lines if line.startswith("a=mid:")],
        "portsOfZero": sum(line.startswith("m=") and line.split()[1] == "0" for line in lines),
        "certificateKey": key,
    }  # fmt: skip


if __name__ == "__main__":
    chosen = livesource.parser(__doc__, list(VIDEO)).parse_args()
    peer.run(lambda: main(chosen), limit=chosen.seconds + 40)
