// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

// Of <linux/udp.h>, which older C libraries lack.
#define OPTION_UDP_SEGMENT 103

enum { MAXIMUM_SEGMENTS = 64, MAXIMUM_SEND = 65507, MAXIMUM_SEGMENT = 1452, MESSAGES = 1024, SLAB_SIZE = 1 << 20 };

static uint8_t slab[SLAB_SIZE];
static size_t used;
static struct mmsghdr messages[MESSAGES];
static struct iovec vectors[MESSAGES];
static int message_count;
/// The size of all packets of the newest message but the last, and whether that was shorter.
static size_t run_size;
static bool run_ended;
static union {
    struct cmsghdr header;
    uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
} controls[MESSAGES];

static size_t packets_of(int message) {
    return (vectors[message].iov_len + run_size - 1) / run_size;
}

/// Sends everything that waits in one call, as far as the system takes it.
static void flush(struct floor *floor) {
    int sent = 0;
    while (sent < message_count) {
        int result = sendmmsg(floor->port, messages + sent, (unsigned)(message_count - sent), MSG_DONTWAIT);
        if (result > 0) {
            floor->counters.send_calls++;
            sent += result;
        } else if (errno != EINTR) {
            floor->counters.unsent += (uint64_t)(message_count - sent);
            break;
        }
    }
    message_count = 0;
    used = 0;
}

/// Begins a message for a consumer with a packet that lies at the end of the slab.
static void begin_run(struct consumer *consumer, size_t size) {
    struct msghdr *header = &messages[message_count].msg_hdr;
    vectors[message_count] = (struct iovec){slab + used, size};
    *header = (struct msghdr){.msg_name = &consumer->address, .msg_namelen = sizeof consumer->address,
                              .msg_iov = &vectors[message_count], .msg_iovlen = 1};
    run_size = size;
    run_ended = false;
    message_count++;
}

/// Adds a packet that lies behind the newest message to it: all of one size, but the last.
static void extend_run(size_t size) {
    int index = message_count - 1;
    struct msghdr *header = &messages[index].msg_hdr;
    if (!header->msg_control) {
        uint16_t segment = (uint16_t)run_size;
        header->msg_control = &controls[index];
        header->msg_controllen = sizeof controls[index].bytes;
        struct cmsghdr *item = CMSG_FIRSTHDR(header);
        item->cmsg_level = IPPROTO_UDP;
        item->cmsg_type = OPTION_UDP_SEGMENT;
        item->cmsg_len = CMSG_LEN(sizeof segment);
        memcpy(CMSG_DATA(item), &segment, sizeof segment);
    }
    vectors[index].iov_len += size;
    run_ended = size < run_size;
}

static bool continues_run(size_t size) {
    if (message_count == 0 || run_ended || size > run_size || run_size > MAXIMUM_SEGMENT) return false;
    return vectors[message_count - 1].iov_len + size <= MAXIMUM_SEND && packets_of(message_count - 1) < MAXIMUM_SEGMENTS;
}

/// Protects a packet for a consumer at the end of the slab; the length that it has there, 0 when that fails.
static size_t protect(struct consumer *consumer, const struct packet *packet) {
    uint8_t *bytes = slab + used;
    uint32_t ssrc = packet->stream->ssrc_out + consumer->ssrc_shift, order = htonl(ssrc);
    memcpy(bytes, packet->bytes, packet->header);
    memcpy(bytes + 8, &order, sizeof order);
    if (!srtp_protect(&consumer->out, bytes, packet->bytes + packet->header, packet->length, packet->header, ssrc,
                      packet->index))
        return 0;
    return packet->length + consumer->out.tag_length;
}

void floor_fan_out(struct floor *floor, const struct packet *packets, const int *slots, int count) {
    for (int number = 0; number < floor->consumer_count && count > 0; number++) {
        struct consumer *consumer = &floor->consumers[number];
        bool is_first = true;
        for (int place = 0; place < count; place++) {
            if (message_count == MESSAGES || used + SLOT_SIZE > SLAB_SIZE) {
                flush(floor);
                is_first = true;
            }
            size_t size = protect(consumer, &packets[slots[place]]);
            if (size == 0) {
                floor->counters.unsent++;
                continue;
            }
            if (!is_first && continues_run(size)) extend_run(size); else begin_run(consumer, size);
            is_first = false;
            used += size;
            floor->counters.forwarded++;
        }
    }
    flush(floor);
}
