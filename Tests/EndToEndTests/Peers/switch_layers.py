# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Watches a channel of SkyWayLocal and changes its preferred encoding, as SkyWay's SDK does for an app.

It subscribes by WHEP and asks for the layers as the SDK's `changePreferredEncoding` does (PUT …/consumers/…/layers), for
each once the one before is shown. --order names places in the publication's encodings, lowest first; --heights the
height of the picture of each.
Events: those of consume_whep.py, and shown (layer, seconds) for each change. Result: that of consume_whep.py, and
encodings (ids, of the publication), changes (layer, seconds from asking to the first picture of that size), backwards
(how many pictures came after a newer one).
"""
import argparse
import asyncio
import time

import aiohttp

import consume_whep
import observe_channel
import peer
import sinkcodecs
import testpicture as picture


class Viewer(consume_whep.Sink):
    """A subscription whose layer can be changed."""

    def __init__(self, arguments):
        super().__init__(arguments, f"{arguments.skyway}/whep/{arguments.channel}")
        self.backwards = 0
        self._resized = asyncio.Event()
        self._newest: int | None = None

    def _saw(self, frame) -> None:
        before, last = self.size, self.numbers.last
        super()._saw(frame)
        if self.size != before:
            self._resized.set()
        number = self.numbers.last
        if last is not None and number is not None and (number - last) % self.numbers.modulo > self.numbers.modulo // 2:
            self.backwards += 1

    async def shows(self, height: int, limit: float) -> None:
        async with asyncio.timeout(limit):
            while self.size is None or abs(self.size[1] - height) > 1:
                self._resized.clear()
                await self._resized.wait()


class Subscription:
    """What the SFU has of the viewer, as it tells it, and how that is changed."""

    def __init__(self, arguments, http: aiohttp.ClientSession):
        self.skyway, self.channel, self.http = arguments.skyway, arguments.channel, http
        secret = observe_channel.token(observe_channel.APPLICATION, observe_channel.SECRET, member=("subscribe",))
        self.headers = {"Authorization": f"Bearer {secret}"}

    async def find(self) -> tuple[str, str, list[str]]:
        """The transport and the consumer of the picture, and the ids of its encodings."""
        async with self.http.get(f"{self.skyway}/local/state") as reply:
            if reply.status != 200:
                raise peer.PeerError(f"status {reply.status}: {await reply.text()}")
            state = await reply.json()
        for transport in state["transports"]:
            for consumer in transport["consumers"]:
                if consumer["kind"] == "video":
                    published = [
                        publication["encodings"]
                        for channel in state["channels"]
                        for publication in channel["publications"]
                        if publication["encodings"]
                    ]
                    return transport["id"], consumer["id"], published[0] if published else []
        raise peer.PeerError("nobody watches a picture")

    async def select(self, transport: str, consumer: str, layer: int) -> None:
        url = f"{self.skyway}/v4/transports/consumers/{consumer}/layers"
        body = {"transportId": transport, "spatialLayer": layer}
        async with self.http.put(url, json=body, headers=self.headers) as reply:
            if reply.status != 200:
                raise peer.PeerError(f"status {reply.status}: {await reply.text()}")


async def watch(arguments) -> dict:
    sinkcodecs.install()
    async with aiohttp.ClientSession() as http:
        viewer = Viewer(arguments)
        address = await viewer.open(http)
        await asyncio.wait_for(viewer.began.wait(), arguments.wait)
        subscription = Subscription(arguments, http)
        transport, consumer, encodings = await subscription.find()
        # The highest there is comes unasked.
        await viewer.shows(max(arguments.heights), arguments.wait)
        changes = []
        for layer in arguments.order:
            await asyncio.sleep(arguments.pause)
            begin = time.monotonic()
            await subscription.select(transport, consumer, layer)
            await viewer.shows(arguments.heights[layer], 10)
            seconds = round(time.monotonic() - begin, 3)
            peer.report("shown", layer=layer, seconds=seconds)
            changes.append({"layer": layer, "seconds": seconds})
        await asyncio.sleep(arguments.pause)
        result = viewer.result()
        status = await consume_whep.end(http, address, None)
        await viewer.connection.close()
    return {
        **result, "deleteStatus": status, "encodings": encodings, "changes": changes, "backwards": viewer.backwards,
    }  # fmt: skip


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("skyway", help="address of SkyWayLocal")
    parser.add_argument("channel")
    parser.add_argument("--order", type=numbers, required=True, help="layers to ask for: 0,2,1")
    parser.add_argument("--heights", type=numbers, required=True, help="of each layer, lowest first: 136,272,540")
    parser.add_argument("--pause", type=float, default=1.5, help="seconds between two changes")
    parser.add_argument("--wait", type=float, default=20, help="how long to wait for a publisher, and for a picture")
    options = parser.parse_args()
    # What consume_whep.Sink asks for besides.
    options.modulo, options.retry = picture.NUMBERS, 0.5
    options.segments = options.only = options.token = options.address = None
    limit = len(options.order) * (options.pause + 10) + 2 * options.wait + 15
    peer.run(lambda: asyncio.run(watch(options)), limit=limit)
