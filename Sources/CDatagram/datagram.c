// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#if defined(__linux__)
#define _GNU_SOURCE
#elif defined(__APPLE__)
#define __APPLE_USE_RFC_3542
#endif

#include "CDatagram.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#if defined(__linux__)

// Of <linux/udp.h>, which older C libraries lack.
#define OPTION_UDP_SEGMENT 103
#define OPTION_UDP_GRO 104

_Static_assert(sizeof(struct datagram_message) == sizeof(struct mmsghdr), "laid out like mmsghdr");
_Static_assert(offsetof(struct datagram_message, length) == offsetof(struct mmsghdr, msg_len), "laid out like mmsghdr");

int datagram_receive(int fd, struct datagram_message *messages, unsigned int count) {
    int result = recvmmsg(fd, (struct mmsghdr *)messages, count, MSG_DONTWAIT, NULL);
    return result < 0 ? -errno : result;
}

int datagram_send(int fd, struct datagram_message *messages, unsigned int count) {
    int result = sendmmsg(fd, (struct mmsghdr *)messages, count, MSG_DONTWAIT);
    return result < 0 ? -errno : result;
}

bool datagram_can_segment(void) { return true; }

int datagram_enable_receive_offload(int fd) {
    int on = 1;
    return setsockopt(fd, IPPROTO_UDP, OPTION_UDP_GRO, &on, sizeof on) < 0 ? -errno : 0;
}

#else

int datagram_receive(int fd, struct datagram_message *messages, unsigned int count) {
    return datagram_receive_each(fd, messages, count);
}

int datagram_send(int fd, struct datagram_message *messages, unsigned int count) {
    return datagram_send_each(fd, messages, count);
}

bool datagram_can_segment(void) { return false; }

int datagram_enable_receive_offload(int fd) {
    (void)fd;
    return -ENOPROTOOPT;
}

#endif

int datagram_receive_each(int fd, struct datagram_message *messages, unsigned int count) {
    unsigned int done = 0;
    while (done < count) {
        ssize_t result = recvmsg(fd, &messages[done].header, MSG_DONTWAIT);
        if (result < 0) return done > 0 ? (int)done : -errno;
        messages[done].length = (unsigned int)result;
        done += 1;
    }
    return (int)done;
}

int datagram_send_each(int fd, struct datagram_message *messages, unsigned int count) {
    unsigned int done = 0;
    while (done < count) {
        ssize_t result = sendmsg(fd, &messages[done].header, MSG_DONTWAIT);
        if (result < 0) return done > 0 ? (int)done : -errno;
        messages[done].length = (unsigned int)result;
        done += 1;
    }
    return (int)done;
}

int datagram_enable_packet_info(int fd, int family) {
    int on = 1;
    int result = family == AF_INET6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)
                                    : setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    return result < 0 ? -errno : 0;
}

void datagram_read_ancillary(struct msghdr *message, struct datagram_ancillary *ancillary) {
    ancillary->has_local_address = false;
    ancillary->segment_size = 0;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(message); item != NULL; item = CMSG_NXTHDR(message, item)) {
        if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(item), sizeof info);
            memset(ancillary->local_address, 0, 10);
            memset(ancillary->local_address + 10, 0xff, 2);
            memcpy(ancillary->local_address + 12, &info.ipi_addr, 4);
            ancillary->has_local_address = true;
        } else if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(item), sizeof info);
            memcpy(ancillary->local_address, &info.ipi6_addr, 16);
            ancillary->has_local_address = true;
        }
#if defined(__linux__)
        else if (item->cmsg_level == IPPROTO_UDP && item->cmsg_type == OPTION_UDP_GRO) {
            int size;
            memcpy(&size, CMSG_DATA(item), sizeof size);
            ancillary->segment_size = (uint16_t)size;
        }
#endif
    }
}

bool datagram_is_truncated(const struct msghdr *message) { return (message->msg_flags & MSG_TRUNC) != 0; }

/// Appends one item of ancillary data.
static void add_control(struct msghdr *message, int level, int type, const void *data, size_t size) {
    if (message->msg_controllen + CMSG_SPACE(size) > DATAGRAM_CONTROL_CAPACITY) return;
    struct cmsghdr *item = (struct cmsghdr *)((uint8_t *)message->msg_control + message->msg_controllen);
    item->cmsg_level = level;
    item->cmsg_type = type;
    item->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(item), data, size);
    message->msg_controllen += CMSG_SPACE(size);
}

void datagram_add_segment_size(struct msghdr *message, uint16_t size) {
#if defined(__linux__)
    add_control(message, IPPROTO_UDP, OPTION_UDP_SEGMENT, &size, sizeof size);
#else
    (void)message;
    (void)size;
#endif
}

void datagram_add_local_address(struct msghdr *message, int family, const uint8_t *address) {
    if (family == AF_INET6) {
        struct in6_pktinfo info = {0};
        memcpy(&info.ipi6_addr, address, 16);
        add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    } else {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, address, 4);
        add_control(message, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    }
}
