// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static struct floor state;
static struct packet packets[SLOTS];
static struct mmsghdr messages[SLOTS];
static struct iovec vectors[SLOTS];
static struct sockaddr_in names[SLOTS];
static volatile sig_atomic_t is_stopping;

static void stop(int signal) {
    (void)signal;
    is_stopping = 1;
}

static void prepare_slots(void) {
    uint8_t *bytes = aligned_alloc(64, (size_t)SLOTS * SLOT_SIZE);
    if (!bytes) abort();
    for (int slot = 0; slot < SLOTS; slot++) {
        // Room for a tag that is longer than the one that came.
        vectors[slot] = (struct iovec){bytes + (size_t)slot * SLOT_SIZE, SLOT_SIZE - 16};
        messages[slot].msg_hdr.msg_iov = &vectors[slot];
        messages[slot].msg_hdr.msg_iovlen = 1;
        messages[slot].msg_hdr.msg_name = &names[slot];
        packets[slot].bytes = vectors[slot].iov_base;
    }
}

/// Puts a packet behind the others of its publisher; the publisher is noted when it is its first.
static void enqueue(int slot, int owner, int *waiting, int *waiting_count) {
    struct publisher *publisher = &state.publishers[owner];
    packets[slot].next = -1;
    if (publisher->last >= 0) {
        packets[publisher->last].next = slot;
    } else {
        publisher->first = slot;
        waiting[(*waiting_count)++] = owner;
    }
    publisher->last = slot;
}

/// Receives all that has come, as far as there are slots, forwards it, and sends once for each publisher.
static void receive_all(void) {
    static int waiting[SLOTS], taken[SLOTS];
    int used = 0, waiting_count = 0, taken_count = 0, count = BATCH;
    while (count == BATCH && used + BATCH <= SLOTS) {
        for (int slot = used; slot < used + BATCH; slot++) messages[slot].msg_hdr.msg_namelen = sizeof names[slot];
        count = recvmmsg(state.port, messages + used, BATCH, MSG_DONTWAIT, NULL);
        if (count <= 0) break;
        state.counters.receive_calls++;
        state.counters.received += (uint64_t)count;
        for (int slot = used; slot < used + count; slot++) {
            packets[slot].length = messages[slot].msg_len;
            if (state.consumer_count > 0) {
                if (floor_take(&state, &packets[slot])) taken[taken_count++] = slot;
                continue;
            }
            int owner = floor_forward(&state, &packets[slot]);
            if (owner >= 0) enqueue(slot, owner, waiting, &waiting_count);
        }
        used += count;
    }
    floor_fan_out(&state, packets, taken, taken_count);
    for (int index = 0; index < waiting_count; index++)
        floor_send(&state, &state.publishers[waiting[index]], packets);
}

/// Takes what comes back from the sink, of which a floor makes nothing.
static void discard(int descriptor) {
    uint8_t bytes[SLOT_SIZE];
    while (recv(descriptor, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {}
}

static int watch_sockets(void) {
    int set = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = state.port};
    epoll_ctl(set, EPOLL_CTL_ADD, state.port, &event);
    for (int index = 0; index < state.publisher_count; index++) {
        event.data.fd = state.publishers[index].socket;
        epoll_ctl(set, EPOLL_CTL_ADD, event.data.fd, &event);
    }
    return set;
}

static void run(int set) {
    struct epoll_event events[256];
    while (!is_stopping) {
        int count = epoll_wait(set, events, 256, -1);
        state.counters.wakes++;
        for (int index = 0; index < count; index++) {
            if (events[index].data.fd == state.port) receive_all(); else discard(events[index].data.fd);
        }
    }
}

int main(int argument_count, char **arguments) {
    if (argument_count != 3 || !floor_open(&state, arguments[2], atoi(arguments[1]))) {
        fprintf(stderr, "usage: floor PORT KEY-FILE (%s)\n", strerror(errno));
        return 2;
    }
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    getsockname(state.port, (struct sockaddr *)&name, &length);
    prepare_slots();
    int set = watch_sockets();
    printf("ready %d\n", ntohs(name.sin_port));
    fflush(stdout);
    run(set);
    const struct counters *counters = &state.counters;
    printf("received=%lu forwarded=%lu malformed=%lu unknown=%lu replayed=%lu forged=%lu unsent=%lu wakes=%lu "
           "receive_calls=%lu send_calls=%lu\n",
           counters->received, counters->forwarded, counters->malformed, counters->unknown, counters->replayed,
           counters->forged, counters->unsent, counters->wakes, counters->receive_calls, counters->send_calls);
    return 0;
}
