// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#include "CMemory.h"

#include <stdint.h>
#include <string.h>

/// The line of a cache: written whole, it need not be read before.
enum { LINE = 64 };

typedef uint8_t block __attribute__((vector_size(16)));

void memory_copy_uncached(void *target, const void *source, size_t count) {
    uint8_t *to = target;
    const uint8_t *from = source;
    size_t head = -(uintptr_t)to % LINE;
    if (count < head + LINE) {
        memcpy(to, from, count);
        return;
    }
    memcpy(to, from, head);
    size_t place = head;
    for (; place + LINE <= count; place += LINE) {
        block blocks[LINE / sizeof(block)];
        memcpy(blocks, from + place, LINE);
        for (size_t index = 0; index < LINE / sizeof(block); index++) {
            __builtin_nontemporal_store(blocks[index], (block *)(to + place) + index);
        }
    }
    memcpy(to + place, from + place, count - place);
}
