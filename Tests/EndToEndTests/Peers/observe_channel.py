# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Looks at a channel through SkyWay's RTC API, as a client that joins nothing, until it is stopped.

Events: channel, at each change of: members (name, type, subtype), publications (publisher, contentType, relayed),
subscriptions (how many), ids (of all of these). A channel that does not exist has none of them. Result: the last of these.
"""
import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import signal
import time
import uuid

import aiohttp

import peer

# What there is in a channel.
KINDS = ("members", "publications", "subscriptions")
# The application that every SkyWayLocal knows.
APPLICATION = "10ca1000-57a7-4c0d-8e11-5c1e9a7e0001"
SECRET = "skyway-local-development-secret-not-a-secret"


def token(application: str, secret: str, room: tuple = (), member: tuple = ()) -> str:
    """A SkyWay Auth Token of version 3 that may look at every room, and what these methods allow."""

    def encode(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    now = int(time.time())
    claims = {
        "jti": str(uuid.uuid4()), "iat": now, "exp": now + 3600, "version": 3,
        "scope": {
            "appId": application, "analytics": {"enabled": False},
            "rooms": [{"name": "*", "methods": room, "member": {"name": "*", "methods": member}}],
        },
    }  # fmt: skip
    parts = [encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signature = hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, encode(signature)])


async def find(socket, number: int, channel: str, credentials: dict) -> dict | None:
    """The channel as it is now; None where there is none."""
    named = {"name": channel} if len(channel) != 36 else {"id": channel}
    method = "getChannelByName" if "name" in named else "getChannel"
    request = {"jsonrpc": "2.0", "id": str(number), "method": method, "params": {**named, **credentials}}
    await socket.send_json(request)
    while (answer := await socket.receive_json(timeout=5)).get("id") != str(number):
        pass
    if "error" in answer:
        if answer["error"]["code"] != 404:
            raise peer.PeerError(f"the RTC API says {answer['error']}")
        return None
    return answer["result"]["channel"]


async def look(socket, number: int, channel: str, credentials: dict) -> dict:
    """What is told of the channel, with its members by name."""
    if (found := await find(socket, number, channel, credentials)) is None:
        return {"members": [], "publications": [], "subscriptions": 0, "ids": None}
    names = {member["id"]: member.get("name", member["id"]) for member in found["members"]}
    return {
        "members": [
            {"name": names[member["id"]], "type": member["type"], "subtype": member["subtype"]}
            for member in found["members"]
        ],
        "publications": [
            {
                "publisher": names.get(entry["publisherId"], entry["publisherId"]),
                "contentType": entry["contentType"],
                "relayed": bool(entry.get("origin")),
            }
            for entry in found["publications"]
        ],
        "subscriptions": len(found["subscriptions"]),
        "ids": {kind: sorted(entry["id"] for entry in found[kind]) for kind in KINDS},
    }


async def observe(arguments) -> dict:
    secret = token(arguments.application, arguments.secret)
    credentials = {"appId": arguments.application, "authToken": secret}
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    end, number, last = time.monotonic() + arguments.seconds, 0, None
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(f"{arguments.url}/ws", protocols=[secret]) as socket:
            while not stopped.is_set() and time.monotonic() < end:
                number += 1
                if (seen := await look(socket, number, arguments.channel, credentials)) != last:
                    peer.report("channel", **seen)
                    last = seen
                await asyncio.sleep(0.05)
    return last


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="SkyWay's address, for example http://127.0.0.1:8081")
    parser.add_argument("channel", help="name or id")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--application", default=APPLICATION)
    parser.add_argument("--secret", default=SECRET)
    options = parser.parse_args()
    peer.run(lambda: asyncio.run(observe(options)), limit=options.seconds + 15)
