# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Watches what is on the air at a gateway, by the events of its `/api/v1/live`, for as long as it is there.

Events: watching, live (channel), gone (channel), state (channel, state) at each change. Result: none but that the stream of events has ended.
"""
import argparse
import json
import urllib.request

import peer


def main(options) -> dict:
    headers = {"Accept": "text/event-stream"}
    request = urllib.request.Request(f"{options.url}/api/v1/live", headers=headers)
    states: dict[str, str] = {}
    with urllib.request.urlopen(request, timeout=60) as events:
        peer.report("watching")
        for line in events:
            if not line.startswith(b"data: "):
                continue
            now = {entry["channel"]: entry["state"] for entry in json.loads(line[6:])["broadcasts"]}
            for channel, state in now.items():
                if states.get(channel) != state:
                    peer.report("state", channel=channel, state=state)
                if state == "live" and states.get(channel) != "live":
                    peer.report("live", channel=channel)
            for channel in states.keys() - now.keys():
                peer.report("gone", channel=channel)
            states = now
    return {}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=290)
    chosen = parser.parse_args()
    peer.run(lambda: main(chosen), limit=chosen.seconds)
