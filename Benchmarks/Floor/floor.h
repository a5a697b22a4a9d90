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
//
// Where there are consumers, each packet goes to all of them instead, from the port it came to: its protection is taken
// off once, and for each consumer it is protected into a buffer of its own; one call sends what is for all of them.

/// One publisher: its keys and its way out.
struct publisher {
    struct srtp_cipher in, out;
    int socket;
    /// Its packets of this turn by their slots, −1 at the ends.
    int first, last;
};

/// One of those that get everything: its keys, its address, and what is added to the SSRCs.
struct consumer {
    struct srtp_cipher out;
    struct sockaddr_in address;
    uint32_t ssrc_shift;
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
    struct consumer *consumers;
    int consumer_count;
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
    /// What it is, once its protection is off.
    struct stream *stream;
    size_t header;
    uint64_t index;
    /// The next one of its publisher, or −1.
    int next;
};

/// Reads sink, publishers and streams from a file, and opens the sockets; false with a message when that fails.
bool floor_open(struct floor *floor, const char *path, int port);

/// Takes the protection off a packet and gives it the numbers of the outgoing stream; false when it is dropped.
bool floor_take(struct floor *floor, struct packet *packet);

/// Sends packets, by their slots, to all consumers.
void floor_fan_out(struct floor *floor, const struct packet *packets, const int *slots, int count);

/// Forwards a packet in place: the publisher whose socket it leaves by, −1 when it is dropped.
int floor_forward(struct floor *floor, struct packet *packet);

/// Sends what waits of a publisher in one call, as far as the system takes it.
void floor_send(struct floor *floor, struct publisher *publisher, struct packet *packets);

#endif
