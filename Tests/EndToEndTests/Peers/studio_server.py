# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Looks at a SkyWay beside the studio page: an RTC API client that joins nothing and shares no code with it."""
import asyncio
import json
import time
import urllib.request

import aiohttp

import observe_channel
import peer


class Server:
    """One socket of the RTC API; `channel()` is what the server itself says is there."""

    def __init__(self, url: str):
        self.token = self.token_for()
        self._credentials = {"appId": observe_channel.APPLICATION, "authToken": self.token}
        self._loop = asyncio.new_event_loop()
        self._number = 0
        self._url = url
        self._http, self._socket = self._loop.run_until_complete(self._open())
        self._used_at = time.monotonic()

    @staticmethod
    def token_for(room: tuple = (), member: tuple = ()) -> str:
        """A token that allows these methods of rooms and members."""
        return observe_channel.token(observe_channel.APPLICATION, observe_channel.SECRET, room, member)

    async def _open(self):
        http = aiohttp.ClientSession()
        return http, await http.ws_connect(f"{self._url}/ws", protocols=[self.token])

    def channel(self, name: str) -> dict | None:
        """The channel as it is now; None where there is none."""
        return self._loop.run_until_complete(self._channel(name))

    async def _channel(self, name: str) -> dict | None:
        if time.monotonic() - self._used_at > 10:
            # Nobody has answered the server's pings meanwhile.
            await self._close()
            self._http, self._socket = await self._open()
        self._used_at = time.monotonic()
        self._number += 1
        call = {"jsonrpc": "2.0", "id": str(self._number), "method": "getChannelByName"}
        await self._socket.send_json({**call, "params": {"name": name, **self._credentials}})
        while (answer := await self._socket.receive_json(timeout=5)).get("id") != call["id"]:
            pass
        if answer.get("error", {}).get("code") == 404:
            return None
        return answer["result"]["channel"]

    def tells_bandwidth(self, channel: dict) -> bool:
        """Whether the SFU tells publishers of video what bandwidth there is (transport-cc or REMB)."""
        (relay, *_) = publications(channel, "video", relayed=True)
        path = f"bots/{relay['publisherId']}/forwardings/{relay['id']}/transports/rtp-capabilities"
        address = f"{self._url}/v4/{path}?originPublicationId={relay['origin']}"
        request = urllib.request.Request(address, headers=peer.bearer(self.token))
        with urllib.request.urlopen(request, timeout=5) as response:
            codecs = json.load(response)["rtpCapabilities"]["codecs"]
        return any(
            feedback["type"] in ("transport-cc", "goog-remb")
            for codec in codecs if codec["kind"] == "video" for feedback in codec.get("rtcpFeedback", [])
        )

    def until(self, name: str, what: str, holds, seconds: float = 8) -> dict | None:
        """Waits until something holds of the channel."""
        end = time.monotonic() + seconds
        while True:
            channel = self.channel(name)
            try:
                if holds(channel):
                    return channel
            except (StopIteration, KeyError, TypeError, IndexError):
                pass
            if time.monotonic() > end:
                raise peer.PeerError(f"the server does not say: {what}; it has {channel}")
            time.sleep(0.05)

    def close(self) -> None:
        self._loop.run_until_complete(self._close())

    async def _close(self) -> None:
        await self._socket.close()
        await self._http.close()


def member(channel: dict, name: str) -> dict:
    return next(entry for entry in channel["members"] if entry.get("name") == name)


def publications(channel: dict, kind: str, relayed: bool) -> list[dict]:
    return [
        entry for entry in channel["publications"]
        if entry["contentType"].lower() == kind and bool(entry.get("origin")) == relayed
    ]


def subscriptions(channel: dict, name: str) -> list[dict]:
    return [entry for entry in channel["subscriptions"] if entry["subscriberId"] == member(channel, name)["id"]]
