// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#ifndef FLOOR_H
#define FLOOR_H

#include "srtp.h"

#include <netinet/in.h>

// The floor: the least that a forwarder of SRTP on plain sockets can do, as the measure of the gateway's cost.
//
// One port takes all publishers, one connected socket per publisher leads to the sink. A turn waits, receives in
// batches, takes each packet's protection off, gives it the numbers of the outgoing stream, protects it with other
// keys, and sends what came of each publisher in one call, equal sizes merged (UDP_SEGMENT).

/// One publisher: its keys and its way out.
struct publisher {
    struct srtp_cipher in, out;
    int socket;
    /// Its packets of this turn by their slots, −1 at the ends.
    int first, last;
};

/// One RTP stream and what becomes of its numbers.
struct stream {
    uint32_t ssrc_in, ssrc_out;
    uint8_t payload_type_in, payload_type_out;
    uint16_t sequence_shift;
    uint32_t timestamp_shift;
    int publisher;
    /// The newest index, and which of the 64 up to it have passed.
    uint64_t highest, passed;
    bool has_begun;
};

/// What has happened so far.
struct counters {
    uint64_t received, forwarded, malformed, unknown, replayed, forged, unsent, wakes, receive_calls, send_calls;
};

/// Everything.
struct floor {
    struct publisher *publishers;
    int publisher_count;
    struct stream *streams;
    int stream_count;
    /// Streams by SSRC: an open table of a power of two, −1 where free.
    int *table;
    uint32_t table_mask;
    int port;
    struct counters counters;
};

enum { SLOT_SIZE = 2048, BATCH = 32, SLOTS = 512 };

/// A received packet, changed in place and sent from there.
struct packet {
    uint8_t *bytes;
    size_t length;
    /// The next one of its publisher, or −1.
    int next;
};

/// Reads sink, publishers and streams from a file, and opens the sockets; false with a message when that fails.
bool floor_open(struct floor *floor, const char *path, int port);

/// Forwards a packet in place: the publisher whose socket it leaves by, −1 when it is dropped.
int floor_forward(struct floor *floor, struct packet *packet);

/// Sends what waits of a publisher in one call, as far as the system takes it.
void floor_send(struct floor *floor, struct publisher *publisher, struct packet *packets);

#endif
