# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Cuts a leg of netns.py for --seconds: whatever comes from it or goes to it is dropped, or one protocol of it. To be
run at the gateway.

Events: cut, mended.
"""
import argparse
import subprocess

import netns
import peer

RULES = """table inet cut {{
chain in {{ type filter hook prerouting priority -300; iifname "{leg}" {protocol} drop; }}
chain out {{ type filter hook postrouting priority 300; oifname "{leg}" {protocol} drop; }}
}}
"""


def main(arguments) -> None:
    protocol = f"meta l4proto {arguments.protocol}" if arguments.protocol else ""
    subprocess.run(["nft", "-f", "-"], input=RULES.format(leg=arguments.leg, protocol=protocol), text=True, check=True)
    peer.report("cut")
    try:
        peer.sleep_until_stopped(arguments.seconds)
    finally:
        subprocess.run(["nft", "delete", "table", "inet", "cut"], check=True)
    peer.report("mended")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("leg", choices=sorted(netns.LEGS))
    parser.add_argument("--protocol", choices=["tcp", "udp"], help="both by default")
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    peer.run(lambda: main(options), limit=options.seconds + 10)
