// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

// Of <linux/udp.h>, which older C libraries lack.
#define OPTION_UDP_SEGMENT 103

enum { MAXIMUM_SEGMENTS = 64, MAXIMUM_SEND = 65507, MAXIMUM_SEGMENT = 1452 };

static struct mmsghdr messages[SLOTS];
static struct iovec vectors[SLOTS];
static union {
    struct cmsghdr header;
    uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
} controls[SLOTS];

static void set_segment_size(struct msghdr *message, int index, size_t length) {
    uint16_t size = (uint16_t)length;
    message->msg_control = &controls[index];
    message->msg_controllen = sizeof controls[index].bytes;
    struct cmsghdr *item = CMSG_FIRSTHDR(message);
    item->cmsg_level = IPPROTO_UDP;
    item->cmsg_type = OPTION_UDP_SEGMENT;
    item->cmsg_len = CMSG_LEN(sizeof size);
    memcpy(CMSG_DATA(item), &size, sizeof size);
}

/// Builds a message for each run of equal sizes, the last of which may be shorter.
static int assemble(const struct publisher *publisher, const struct packet *packets) {
    int count = 0, vector = 0;
    for (int slot = publisher->first; slot >= 0;) {
        size_t size = packets[slot].length, most = size <= MAXIMUM_SEGMENT ? MAXIMUM_SEND / size : 1;
        struct msghdr *message = &messages[count].msg_hdr;
        memset(message, 0, sizeof *message);
        message->msg_iov = &vectors[vector];
        if (most > MAXIMUM_SEGMENTS) most = MAXIMUM_SEGMENTS;
        for (size_t length = size; slot >= 0 && message->msg_iovlen < most && length == size;) {
            if (packets[slot].length > size) break;
            length = packets[slot].length;
            vectors[vector++] = (struct iovec){packets[slot].bytes, length};
            message->msg_iovlen++;
            slot = packets[slot].next;
        }
        if (message->msg_iovlen > 1) set_segment_size(message, count, size);
        count++;
    }
    return count;
}

void floor_send(struct floor *floor, struct publisher *publisher, struct packet *packets) {
    int count = assemble(publisher, packets), sent = 0;
    publisher->first = publisher->last = -1;
    while (sent < count) {
        int result = sendmmsg(publisher->socket, messages + sent, (unsigned)(count - sent), MSG_DONTWAIT);
        if (result > 0) {
            floor->counters.send_calls++;
            for (int index = sent; index < sent + result; index++)
                floor->counters.forwarded += messages[index].msg_hdr.msg_iovlen;
            sent += result;
        } else if (errno != EINTR) {
            for (; sent < count; sent++) floor->counters.unsent += messages[sent].msg_hdr.msg_iovlen;
        }
    }
}
