# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Makes one leg of netns.py a bad one: each direction late by --delay milliseconds, --loss percent of it lost.

The kernels that the tests run on have no netem. So a pair of TUN devices takes the place of the leg's veth pair, by
routes, with the same addresses at its ends; this script carries packets from one to the other, late. Loss is a rule of
nftables where a packet arrives, so after a run of UDP_SEGMENT has been cut up; it hits UDP alone, at random, and the
kernel counts. With --burst the loss comes so many packets in a row on average, by the model of Gilbert and Elliott, and
this script loses and counts them. --jitter makes packets late by up to so many milliseconds more, in their order.
--without-nack loses each RTCP packet that begins with a generic NACK (RFC 4585 §6.2.1) or with transport-wide feedback,
by which packets are sent again as well.

Event: impaired. It lasts until SIGTERM. Result, per direction (`toPublisher`, `toGateway`, `toViewer`): carried
(datagrams that this script moved), arrived, lost and nacks (datagrams that the kernel counted before the rules, by the
loss rule, and by the rule for NACKs); largest (bytes of the largest packet), latest (milliseconds that a packet was
late beyond its delay).
"""
import argparse
import fcntl
import heapq
import json
import os
import random
import select
import struct
import subprocess
import time

import netns
import peer

DEVICE = "impaired"
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
LARGEST_PACKET = 65_535


class End:
    """One end of the leg: a namespace with the TUN device that leads to the other end."""

    def __init__(self, owner: str, role: str, near: str, far: str):
        self.namespace, self.role = netns.name(owner, role), role
        self.device = self._open()
        settings = ["addrgenmode", "none", "mtu", "1500", "gso_max_segs", "1", "up"]
        netns.ip("-n", self.namespace, "link", "set", DEVICE, *settings)
        netns.ip("-n", self.namespace, "route", "add", f"{far}/32", "dev", DEVICE, "src", near)
        self.carried = self.largest = self.lost = 0
        self.latest = self.last = 0.0
        self.is_bad = False

    def _open(self) -> int:
        with netns.inside(self.namespace):
            device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
        return device

    def loses(self, packet: bytes, percent: float, burst: float) -> bool:
        """Whether a packet to this end falls into a burst of losses."""
        if not burst or not is_udp(packet):
            return False
        share = percent / 100
        ending = 1 / burst
        beginning = share * ending / (1 - share)
        self.is_bad = random.random() >= ending if self.is_bad else random.random() < beginning
        self.lost += self.is_bad
        return self.is_bad

    def due(self, delay: float, jitter: float) -> float:
        """When a packet arrives here that is on its way from now on."""
        self.last = max(self.last, time.monotonic() + delay + random.uniform(0, jitter))
        return self.last

    def lose(self, percent: float, nacks: bool) -> None:
        """Loses some of what arrives here."""
        rules = ["counter name arrived"]
        if nacks:
            # The first two bytes after the UDP header: version 2, padded or not, FMT 1 or 15, RTPFB.
            rules.append("@th,64,16 { 0x81cd, 0x8fcd, 0xafcd } counter name nacks drop")
        rules.append(f"numgen random mod 10000 < {round(percent * 100)} counter name lost drop")
        chain = "\n".join(f'iifname "{DEVICE}" meta l4proto udp {rule}' for rule in rules)
        table = (
            "table ip impaired {\ncounter arrived {}\ncounter nacks {}\ncounter lost {}\n"
            f"chain in {{\ntype filter hook prerouting priority -300\n{chain}\n}}\n}}\n"
        )
        self._nft(["-f", "-"], table)

    def counters(self) -> dict[str, int]:
        listed = json.loads(self._nft(["-j", "list", "counters"]))["nftables"]
        return {entry["counter"]["name"]: entry["counter"]["packets"] for entry in listed if "counter" in entry}

    def _nft(self, arguments: list[str], text: str = "") -> str:
        command = ["ip", "netns", "exec", self.namespace, "nft", *arguments]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout

    def summary(self) -> dict:
        counters = self.counters()
        # What is lost in bursts goes in and does not come out.
        for name in ("arrived", "lost"):
            counters[name] += self.lost
        return {
            "carried": self.carried + self.lost, **counters, "largest": self.largest,
            "latest": round(self.latest * 1000, 1),
        }  # fmt: skip


def is_udp(packet: bytes) -> bool:
    """Whether it is IPv4 and UDP."""
    return packet[0] >> 4 == 4 and packet[9] == 17


def carry(ends: list[End], arguments) -> None:
    """Carries packets both ways until it is told to end."""
    delay, jitter = arguments.delay / 1000, arguments.jitter / 1000
    waiting: list[tuple[float, int, int, bytes]] = []
    count = 0
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else 1.0
        for ready in select.select([end.device for end in ends], [], [], pause)[0]:
            source = next(index for index, end in enumerate(ends) if end.device == ready)
            target = ends[1 - source]
            for packet in drain(ready):
                if target.loses(packet, arguments.loss, arguments.burst):
                    continue
                count += 1
                heapq.heappush(waiting, (target.due(delay, jitter), count, 1 - source, packet))
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            due, _, target, packet = heapq.heappop(waiting)
            deliver(ends[target], packet, now - due)


def drain(device: int):
    try:
        while True:
            yield os.read(device, LARGEST_PACKET)
    except BlockingIOError:
        pass


def deliver(end: End, packet: bytes, late: float) -> None:
    os.write(end.device, packet)
    end.carried += is_udp(packet)
    end.largest, end.latest = max(end.largest, len(packet)), max(end.latest, late)


def main(arguments) -> dict:
    near, far = netns.LEGS[arguments.leg]
    ends = [
        End(arguments.owner, "gateway", near, far),
        End(arguments.owner, arguments.leg, far, near),
    ]
    for end in ends:
        end.lose(0 if arguments.burst else arguments.loss, arguments.without_nack)
    # A network does not wait for a processor.
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    peer.report("impaired")
    try:
        carry(ends, arguments)
    except peer.Stopped:
        pass
    return {f"to{end.role.capitalize()}": end.summary() for end in ends}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("owner", help="as netns.py was told")
    parser.add_argument("leg", choices=sorted(netns.LEGS))
    parser.add_argument("--delay", type=float, default=25, help="milliseconds, each way")
    parser.add_argument("--loss", type=float, default=5, help="percent, each way")
    parser.add_argument("--burst", type=float, default=0, help="packets that are lost in a row on average")
    parser.add_argument("--jitter", type=float, default=0, help="milliseconds, each way")
    parser.add_argument("--without-nack", action="store_true")
    parser.add_argument("--seconds", type=float, default=240, help="at most")
    options = parser.parse_args()
    peer.run(lambda: main(options), limit=options.seconds)
