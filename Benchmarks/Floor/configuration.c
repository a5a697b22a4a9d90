// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#include "floor.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The file has a line for the sink, then for each publisher one line with the session keys of both directions and one
// for each of its streams, and in the end one for each consumer, where packets go to consumers instead of the sink:
//
//   sink ADDRESS PORT
//   publisher gcm|cm KEY CODE-KEY SALT KEY CODE-KEY SALT          in, then out; hexadecimal, "-" for what there is not
//   stream SSRC SSRC PT PT SEQUENCE-SHIFT TIMESTAMP-SHIFT         in, then out; decimal
//   consumer gcm|cm KEY CODE-KEY SALT PORT SSRC-SHIFT             at the sink's address

static void *grow(void *array, int count, size_t size) {
    if (count % 64 != 0) return array;
    void *grown = realloc(array, (size_t)(count + 64) * size);
    if (!grown) abort();
    return grown;
}

static int open_socket(void) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), size = 4 << 20;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return descriptor;
}

static bool read_publisher(struct floor *floor, const char *line, const struct sockaddr_in *sink) {
    char name[8], text[6][64];
    if (sscanf(line, "publisher %7s %63s %63s %63s %63s %63s %63s", name, text[0], text[1], text[2], text[3], text[4],
               text[5]) != 7)
        return false;
    enum srtp_profile profile = strcmp(name, "gcm") == 0 ? SRTP_GCM : SRTP_CM;
    floor->publishers = grow(floor->publishers, floor->publisher_count, sizeof *floor->publishers);
    struct publisher *publisher = &floor->publishers[floor->publisher_count++];
    publisher->first = publisher->last = -1;
    publisher->socket = open_socket();
    return srtp_cipher_open(&publisher->in, profile, false, text[0], text[1], text[2]) &&
           srtp_cipher_open(&publisher->out, profile, true, text[3], text[4], text[5]) &&
           connect(publisher->socket, (const struct sockaddr *)sink, sizeof *sink) == 0;
}

static bool read_stream(struct floor *floor, const char *line) {
    struct stream stream = {0};
    if (sscanf(line, "stream %u %u %hhu %hhu %hu %u", &stream.ssrc_in, &stream.ssrc_out, &stream.payload_type_in,
               &stream.payload_type_out, &stream.sequence_shift, &stream.timestamp_shift) != 6)
        return false;
    stream.publisher = floor->publisher_count - 1;
    floor->streams = grow(floor->streams, floor->stream_count, sizeof *floor->streams);
    floor->streams[floor->stream_count++] = stream;
    return stream.publisher >= 0;
}

static bool read_consumer(struct floor *floor, const char *line, const struct sockaddr_in *sink) {
    char name[8], text[3][64];
    struct consumer consumer = {.address = *sink};
    unsigned short port;
    if (sscanf(line, "consumer %7s %63s %63s %63s %hu %u", name, text[0], text[1], text[2], &port,
               &consumer.ssrc_shift) != 6)
        return false;
    consumer.address.sin_port = htons(port);
    floor->consumers = grow(floor->consumers, floor->consumer_count, sizeof *floor->consumers);
    floor->consumers[floor->consumer_count] = consumer;
    return srtp_cipher_open(&floor->consumers[floor->consumer_count++].out,
                            strcmp(name, "gcm") == 0 ? SRTP_GCM : SRTP_CM, true, text[0], text[1], text[2]);
}

static bool read_line(struct floor *floor, const char *line, struct sockaddr_in *sink) {
    char address[64];
    unsigned short port;
    if (sscanf(line, "sink %63s %hu", address, &port) == 2) {
        *sink = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
        return inet_pton(AF_INET, address, &sink->sin_addr) == 1;
    }
    return read_publisher(floor, line, sink) || read_stream(floor, line) || read_consumer(floor, line, sink);
}

static void fill_table(struct floor *floor) {
    uint32_t size = 16;
    while (size < 4 * (uint32_t)floor->stream_count) size *= 2;
    floor->table_mask = size - 1;
    floor->table = malloc(size * sizeof *floor->table);
    if (!floor->table) abort();
    memset(floor->table, 0xff, size * sizeof *floor->table);
    for (int index = 0; index < floor->stream_count; index++) {
        uint32_t place = floor->streams[index].ssrc_in * 2654435761u;
        while (floor->table[place & floor->table_mask] >= 0) place++;
        floor->table[place & floor->table_mask] = index;
    }
}

bool floor_open(struct floor *floor, const char *path, int port) {
    char line[512];
    struct sockaddr_in sink = {0};
    FILE *file = fopen(path, "r");
    if (!file) return false;
    while (fgets(line, sizeof line, file)) {
        if (!read_line(floor, line, &sink)) {
            fprintf(stderr, "floor: unusable line: %s", line);
            fclose(file);
            return false;
        }
    }
    fclose(file);
    fill_table(floor);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    floor->port = open_socket();
    return bind(floor->port, (struct sockaddr *)&own, sizeof own) == 0;
}
