# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Attacks a gateway for a bounded time, from the attacker's namespace of netns.py.

    attack.py OWNER junk         UDP that is none of the protocols, or looks like one
    attack.py OWNER stun         checks for sessions that there are, with a wrong integrity, half of them in the
                                 publishers' names
    attack.py OWNER hello        ClientHellos from 1,000 ports, each tenth in a publisher's name
    attack.py OWNER media        RTP and RTCP of the publishers once more, half of it with wrong bits, in their names
    attack.py OWNER slow         requests whose heads and bodies come byte by byte
    attack.py OWNER connections  10,000 connections that say nothing, from 40 addresses
    attack.py OWNER sdp          offers that are too long, by what they announce, what they send and what they have

For --watch seconds it does nothing between what it has to see and the attack.
Events: ready (what it needs is seen), began, ended. Result: what (counts by name), and perSecond, the true rate of what
was sent or opened.
"""
import argparse
import itertools
import random
import socket
import time

import attackhttp
import attackudp
import capture
import netns
import peer

TARGET, OWN = netns.LEGS["attacker"]
# Longer would be a burst of its own after each pause of this process.
LONGEST_BURST = 0.01


def begin(arguments, **fields) -> float:
    peer.report("ready", **fields)
    time.sleep(arguments.watch)
    peer.report("began")
    return time.monotonic()


def flood(sends, arguments, **fields) -> dict:
    """Calls what `sends` gives, so many times a second, for so many seconds."""
    began, sent, skipped = begin(arguments, **fields), 0, 0
    while (elapsed := time.monotonic() - began) < arguments.seconds:
        due = int(elapsed * arguments.rate) - sent - skipped
        most = max(1, int(arguments.rate * LONGEST_BURST))
        skipped += max(0, due - most)
        for send in itertools.islice(sends, min(due, most)):
            send()
            sent += 1
        time.sleep(0.0005)
    return ended(began, {"sent": sent})


def ended(began: float, what: dict[str, int]) -> dict:
    seconds = time.monotonic() - began
    peer.report("ended")
    return {"what": what, "perSecond": round((what.get("sent") or what["opened"]) / seconds)}


def own_senders(payloads: list[bytes], arguments):
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(16)]
    for own in sockets:
        own.connect((TARGET, arguments.media_port))
    for own, payload in zip(itertools.cycle(sockets), itertools.cycle(payloads)):
        yield lambda: quietly(own.send, payload)


def spoofed(spoofer: attackudp.Spoofer, packets: list[bytes]):
    for packet in itertools.cycle(packets):
        yield lambda: quietly(spoofer.send, packet)


def quietly(send, payload: bytes) -> None:
    try:
        send(payload)
    except OSError:
        pass  # A port that was unreachable tells so with the next send.


def alternate(*sources):
    return (send for sends in zip(*sources) for send in sends)


def junk(arguments) -> dict:
    return flood(own_senders(attackudp.junk(512), arguments), arguments)


def stun(arguments) -> dict:
    # Consent is asked for every few seconds (RFC 7675 §5.1).
    seen = attackudp.observe(arguments.owner, arguments.media_port, 8)
    found = {capture.requested_fragment(datagram.payload): datagram for datagram in seen}
    fragments = {fragment: datagram for fragment, datagram in found.items() if fragment}
    if not fragments:
        raise peer.PeerError("no publisher checked")
    spoofer = attackudp.Spoofer(TARGET, arguments.media_port)
    requests = [(attackudp.binding_request(each), fragments[each]) for each in fragments for _ in range(20)]
    random.shuffle(requests)
    own = own_senders([request for request, _ in requests], arguments)
    packets = [spoofer.packet(whose.source, whose.port, request) for request, whose in requests]
    return flood(alternate(own, spoofed(spoofer, packets)), arguments, sessions=len(fragments))


def hello(arguments) -> dict:
    seen = attackudp.observe(arguments.owner, arguments.media_port, 1)
    publishers = sorted({(datagram.source, datagram.port) for datagram in seen})
    spoofer = attackudp.Spoofer(TARGET, arguments.media_port)
    sources = [(OWN, 20_000 + index) for index in range(1_000)]
    for index in range(0, 1_000, 10):
        sources[index] = publishers[index // 10 % len(publishers)]
    packets = [spoofer.packet(*source, attackudp.client_hello()) for source in sources]
    return flood(spoofed(spoofer, packets), arguments, sessions=len(publishers))


def media(arguments) -> dict:
    # Sender reports come every few seconds.
    seen = attackudp.observe(arguments.owner, arguments.media_port, 4)
    rtp = [datagram for datagram in seen if capture.is_rtp(datagram.payload)]
    rtcp = [datagram for datagram in seen if capture.is_rtcp(datagram.payload)]
    if not rtp or not rtcp:
        raise peer.PeerError(f"{len(rtp)} packets of RTP and {len(rtcp)} of RTCP were seen")
    spoofer = attackudp.Spoofer(TARGET, arguments.media_port)
    packets = []
    for datagram in random.sample(rtp, min(len(rtp), 2_000)) + rtcp * max(1, 500 // len(rtcp)):
        for payload in (datagram.payload, attackudp.mutated(datagram.payload)):
            packets.append(spoofer.packet(datagram.source, datagram.port, payload))
    random.shuffle(packets)
    return flood(spoofed(spoofer, packets), arguments, sessions=len({datagram.port for datagram in rtp}))


def over_http(attack):
    def main(arguments) -> dict:
        addresses = [OWN, *attackhttp.add_addresses("gateway", "10.77.3.", range(10, 50))]
        began = begin(arguments)
        return ended(began, attack((TARGET, arguments.http_port), addresses, arguments))

    return main


ATTACKS = {
    "junk": (junk, 50_000),
    "stun": (stun, 10_000),
    "hello": (hello, 10_000),
    "media": (media, 10_000),
    "slow": (over_http(attackhttp.slow), 200),
    "connections": (over_http(attackhttp.connections), 10_000),
    "sdp": (over_http(attackhttp.oversized), 50),
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("owner", help="as netns.py was told")
    parser.add_argument("attack", choices=sorted(ATTACKS))
    parser.add_argument("--rate", type=int, help="datagrams or offers a second; connections at a time, or in all")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--watch", type=float, default=0)
    parser.add_argument("--media-port", type=int, default=40000)
    parser.add_argument("--http-port", type=int, default=8080)
    options = parser.parse_args()
    attack, usual = ATTACKS[options.attack]
    options.rate = options.rate or usual
    peer.run(lambda: attack(options), limit=options.seconds + options.watch + 30)
