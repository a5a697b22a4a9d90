# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Protects and unprotects packets with libsrtp.

Usage: libsrtp_oracle.py PROFILE KEY_AND_SALT, both hexadecimal: the profile's number in use_srtp (RFC 5764)
and the master key with its salt. Each line of standard input is a command (protect, unprotect, protect_rtcp,
unprotect_rtcp) and a packet in hexadecimal; each is answered by a line with a packet, or with "error" and why.
"""

import sys

from pylibsrtp import Error, Policy, Session

PROFILES = {
    1: Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    7: Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    8: Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}


def session(profile, key, direction):
    return Session(Policy(key=key, ssrc_type=direction, srtp_profile=PROFILES[profile]))


def main():
    profile, key = int(sys.argv[1], 16), bytes.fromhex(sys.argv[2])
    outbound = session(profile, key, Policy.SSRC_ANY_OUTBOUND)
    inbound = session(profile, key, Policy.SSRC_ANY_INBOUND)
    commands = {
        "protect": outbound.protect,
        "protect_rtcp": outbound.protect_rtcp,
        "unprotect": inbound.unprotect,
        "unprotect_rtcp": inbound.unprotect_rtcp,
    }
    for line in sys.stdin:
        command, packet = line.split()
        try:
            print(commands[command](bytes.fromhex(packet)).hex())
        except Error as error:
            print("error", error)


main()
