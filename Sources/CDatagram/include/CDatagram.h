// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#ifndef CDATAGRAM_H
#define CDATAGRAM_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#if defined(__linux__)
// Not part of Swift's Glibc module.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#endif

// Batches of datagrams for one system call. The functions return how many messages were moved, or a negative errno.

/// Room for the ancillary data of one message: a packet information and a segment size.
#define DATAGRAM_CONTROL_CAPACITY 96

/// One message of a batch, laid out like Linux's `struct mmsghdr`.
struct datagram_message {
    struct msghdr header;
    unsigned int length;
};

/// What the ancillary data of a received message says.
struct datagram_ancillary {
    /// The address the message was sent to, network byte order; IPv4 in the last four bytes of its mapped form.
    uint8_t local_address[16];
    /// Whether `local_address` is known.
    bool has_local_address;
    /// The size of each of the datagrams that were coalesced into the message; 0 where it is a single one.
    uint16_t segment_size;
};

/// Receives up to `count` messages without waiting, by `recvmmsg` where there is one.
int datagram_receive(int fd, struct datagram_message *messages, unsigned int count);

/// Receives up to `count` messages without waiting, one `recvmsg` each.
int datagram_receive_each(int fd, struct datagram_message *messages, unsigned int count);

/// Sends up to `count` messages without waiting, by `sendmmsg` where there is one.
int datagram_send(int fd, struct datagram_message *messages, unsigned int count);

/// Sends up to `count` messages without waiting, one `sendmsg` each.
int datagram_send_each(int fd, struct datagram_message *messages, unsigned int count);

/// Whether the system can split one send into datagrams of equal size (UDP_SEGMENT).
bool datagram_can_segment(void);

/// Asks for the local address of each received datagram; returns 0 or a negative errno.
int datagram_enable_packet_info(int fd, int family);

/// Lets the kernel coalesce received datagrams of equal size (UDP_GRO); returns 0 or a negative errno.
int datagram_enable_receive_offload(int fd);

/// Reads the ancillary data of a received message.
void datagram_read_ancillary(struct msghdr *message, struct datagram_ancillary *ancillary);

/// Whether a received message was longer than its buffer.
bool datagram_is_truncated(const struct msghdr *message);

/// Adds the size at which the message is to be split into datagrams.
///
/// `msg_control` points to DATAGRAM_CONTROL_CAPACITY bytes, `msg_controllen` says how many are in use.
void datagram_add_segment_size(struct msghdr *message, uint16_t size);

/// Adds the local address to send from: 4 bytes for AF_INET, 16 for AF_INET6, network byte order.
void datagram_add_local_address(struct msghdr *message, int family, const uint8_t *address);

#endif
