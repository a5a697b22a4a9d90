// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#include "floor.h"

static uint16_t read16(const uint8_t *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }

static uint32_t read32(const uint8_t *bytes) { return (uint32_t)read16(bytes) << 16 | read16(bytes + 2); }

static void write16(uint8_t *bytes, uint16_t value) {
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static void write32(uint8_t *bytes, uint32_t value) {
    write16(bytes, (uint16_t)(value >> 16));
    write16(bytes + 2, (uint16_t)value);
}

/// The length of an RTP header with contributing sources and extension; 0 where it is none.
static size_t header_length(const uint8_t *bytes, size_t length) {
    if (length < 12 || bytes[0] >> 6 != 2) return 0;
    size_t end = 12 + 4 * (size_t)(bytes[0] & 0x0f);
    if (bytes[0] & 0x10) {
        if (end + 4 > length) return 0;
        end += 4 + 4 * (size_t)read16(bytes + end + 2);
    }
    return end <= length ? end : 0;
}

static struct stream *find(struct floor *floor, uint32_t ssrc) {
    for (uint32_t place = ssrc * 2654435761u;; place++) {
        int index = floor->table[place & floor->table_mask];
        if (index < 0) return NULL;
        if (floor->streams[index].ssrc_in == ssrc) return &floor->streams[index];
    }
}

/// The index nearest to the newest one that has this sequence number (RFC 3711 §3.3.1).
static uint64_t index_of(const struct stream *stream, uint16_t number) {
    if (!stream->has_begun) return number;
    return stream->highest + (uint64_t)(int64_t)(int16_t)(number - (uint16_t)stream->highest);
}

static bool has_passed(const struct stream *stream, uint64_t index) {
    if (!stream->has_begun || index > stream->highest) return false;
    uint64_t age = stream->highest - index;
    return age >= 64 || (stream->passed >> age & 1) != 0;
}

static void pass(struct stream *stream, uint64_t index) {
    if (!stream->has_begun || index > stream->highest) {
        uint64_t step = stream->has_begun ? index - stream->highest : 64;
        stream->passed = step < 64 ? stream->passed << step | 1 : 1;
        stream->highest = index;
        stream->has_begun = true;
    } else {
        stream->passed |= 1ull << (stream->highest - index);
    }
}

bool floor_take(struct floor *floor, struct packet *packet) {
    uint8_t *bytes = packet->bytes;
    struct counters *counters = &floor->counters;
    size_t header = header_length(bytes, packet->length);
    struct stream *stream = header ? find(floor, read32(bytes + 8)) : NULL;
    if (!stream || (bytes[1] & 0x7f) != stream->payload_type_in) {
        if (header) counters->unknown++; else counters->malformed++;
        return false;
    }
    struct publisher *publisher = &floor->publishers[stream->publisher];
    if (packet->length < header + publisher->in.tag_length) {
        counters->malformed++;
        return false;
    }
    uint64_t index = index_of(stream, read16(bytes + 2));
    if (has_passed(stream, index)) {
        counters->replayed++;
        return false;
    }
    if (!srtp_unprotect(&publisher->in, bytes, packet->length, header, stream->ssrc_in, index)) {
        counters->forged++;
        return false;
    }
    pass(stream, index);
    packet->length -= publisher->in.tag_length;
    packet->stream = stream;
    packet->header = header;
    packet->index = index + stream->sequence_shift;
    bytes[1] = (uint8_t)((bytes[1] & 0x80) | stream->payload_type_out);
    write16(bytes + 2, (uint16_t)packet->index);
    write32(bytes + 4, read32(bytes + 4) + stream->timestamp_shift);
    write32(bytes + 8, stream->ssrc_out);
    return true;
}

int floor_forward(struct floor *floor, struct packet *packet) {
    if (!floor_take(floor, packet)) return -1;
    const struct stream *stream = packet->stream;
    struct srtp_cipher *out = &floor->publishers[stream->publisher].out;
    if (!srtp_protect(out, packet->bytes, packet->bytes + packet->header, packet->length, packet->header,
                      stream->ssrc_out, packet->index)) {
        floor->counters.unsent++;
        return -1;
    }
    packet->length += out->tag_length;
    return stream->publisher;
}
